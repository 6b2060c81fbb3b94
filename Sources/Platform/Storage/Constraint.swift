/// A rule of the schema that a row broke.
package struct Constraint: Sendable, Equatable {
    /// The kinds of rules.
    package enum Kind: String, Sendable {
        case unique, primaryKey, foreignKey, notNull, check, other
    }

    package let kind: Kind
    /// The rule's name, as PostgreSQL forms it: `<table>_<columns>_key`, `<table>_pkey`, `<table>_<column>_not_null`, or a CHECK's own.
    ///
    /// SQLite's are formed from the columns it reports, so that a unique index should be named like this too. Empty for a foreign key
    /// on SQLite, which doesn't say which one.
    package let name: String

    package init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }
}
