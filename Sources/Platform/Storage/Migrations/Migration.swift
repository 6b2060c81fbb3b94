/// One numbered step of the tables' history; never edited once it has landed.
package struct Migration: Sendable {
    /// Counted from 1, without a gap.
    package let number: Int
    package let name: String
    /// Run in order, all migrations in one transaction.
    package let statements: [SQL]

    package init(number: Int, name: String, statements: [SQL]) {
        self.number = number
        self.name = name
        self.statements = statements
    }
}
