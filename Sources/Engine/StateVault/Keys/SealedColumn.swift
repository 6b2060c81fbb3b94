internal import Sealing
package import Storage

/// A column whose values are sealed messages, as rotation and retirement of keys see it.
///
/// Migration 3 gives each an index on the bytes that hold the key's name, and refuses a message of a retired key.
package struct SealedColumn: Sendable {
    /// What one value is, for people: `state version`, `credential`.
    package let noun: String
    let table: StaticString
    let column: StaticString
    /// The table's primary key.
    let id: StaticString
    /// An expression over the table's row that gives the context it was sealed with.
    let context: SQL
    /// The key's name stands in a column of its own, which is kept in step with the message.
    let hasKeyName: Bool

    /// Describes a column of which migration 3 knows.
    ///
    /// - Parameters:
    ///   - noun: What one value is, in the singular.
    ///   - table: The table.
    ///   - column: The column with the message, or NULL.
    ///   - id: The table's primary key.
    ///   - context: An expression over the row that gives what ``Envelope`` was told.
    package init(_ noun: String, table: StaticString, column: StaticString, id: StaticString = "id", context: SQL) {
        self.init(noun: noun, table: table, column: column, id: id, context: context, hasKeyName: false)
    }

    private init(noun: String, table: StaticString, column: StaticString, id: StaticString, context: SQL, hasKeyName: Bool) {
        self.noun = noun
        self.table = table
        self.column = column
        self.id = id
        self.context = context
        self.hasKeyName = hasKeyName
    }

    /// The vault's own.
    package static let stateVersions = SealedColumn(
        noun: "state version",
        table: "terraform_state_versions",
        column: "state_file",
        id: "id",
        context: "'state/' || terraform_deployment_id || '/' || version",
        hasKeyName: true
    )

    // MARK: - By key

    /// Rows whose message the key wraps.
    func isSealed(by key: String) -> SQL {
        if hasKeyName { return "key_name = \(key)" }
        let field = EnvelopeHeader.keyField(key)
        // What follows a name in the message is random; the field begins with the name's length, so that no other name fits between.
        var next = field
        next[next.count - 1] += 1
        return "\(sql: self.field) >= \(field) AND \(sql: self.field) < \(next)"
    }

    /// As in the index of migration 3.
    private var field: SQL { "substr(\(verbatim: column), 58, 67)" }

    /// How many messages each key wraps.
    func uses(in transaction: Transaction) throws -> [String: Int] {
        if hasKeyName {
            let rows = try transaction.rows("SELECT key_name, COUNT(*) AS uses FROM \(verbatim: table) GROUP BY key_name")
            return try rows.reduce(into: [:]) { $0[try $1.value("key_name")] = try $1.value("uses") }
        }
        var uses: [String: Int] = [:]
        var low: [UInt8] = []
        // From one key's messages to the next one's by the index: there are few keys and many messages.
        while let field = try transaction.first(
            "SELECT \(sql: field) AS key_field FROM \(verbatim: table) WHERE \(sql: field) >= \(low) ORDER BY \(sql: field) LIMIT 1"
        )?.value("key_field", as: [UInt8].self) {
            guard let name = EnvelopeHeader.keyName(inField: field) else {
                // No sealed message: damaged, and no key's.
                low = field + [0]
                continue
            }
            uses[name] = try count(sealedBy: name, in: transaction)
            low = EnvelopeHeader.keyField(name)
            low[low.count - 1] += 1
        }
        return uses
    }

    /// How many messages the key wraps.
    func count(sealedBy key: String, in transaction: Transaction) throws -> Int {
        let row = try transaction.first("SELECT COUNT(*) AS uses FROM \(verbatim: table) WHERE \(sql: isSealed(by: key))")
        return try row?.value("uses") ?? 0
    }
}
