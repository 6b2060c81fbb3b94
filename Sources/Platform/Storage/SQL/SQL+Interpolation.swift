extension SQL {
    /// What `\(…)` means in a statement.
    package struct StringInterpolation: StringInterpolationProtocol {
        var fragments: [Fragment] = []

        package init(literalCapacity: Int, interpolationCount: Int) { fragments.reserveCapacity(2 * interpolationCount + 1) }

        package mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { fragments.append(.literal(literal)) }
        }

        // MARK: Binding

        /// Binds a value.
        package mutating func appendInterpolation(_ value: some SQLBindable) { fragments.append(.value(value.sqlValue)) }

        /// Binds a value, or NULL.
        package mutating func appendInterpolation<T: SQLBindable>(_ value: T?) { fragments.append(.value(value?.sqlValue ?? .null)) }

        /// Binds the raw value of an id or a status.
        @_disfavoredOverload
        package mutating func appendInterpolation<T: RawRepresentable>(_ value: T) where T.RawValue: SQLBindable {
            fragments.append(.value(value.rawValue.sqlValue))
        }

        /// Binds the raw value of an id or a status, or NULL.
        @_disfavoredOverload
        package mutating func appendInterpolation<T: RawRepresentable>(_ value: T?) where T.RawValue: SQLBindable {
            fragments.append(.value(value?.rawValue.sqlValue ?? .null))
        }

        /// Binds each value, with commas between: for `IN (\(list: ids))`.
        ///
        /// An empty list is the keyword NULL, so that `IN` matches nothing; `NOT IN` then matches nothing either: don't ask it.
        package mutating func appendInterpolation(list values: some Sequence<some SQLBindable>) {
            appendList(values.map(\.sqlValue))
        }

        /// Binds each raw value, with commas between.
        @_disfavoredOverload
        package mutating func appendInterpolation<T: RawRepresentable>(list values: some Sequence<T>) where T.RawValue: SQLBindable {
            appendList(values.map(\.rawValue.sqlValue))
        }

        /// Binds rows, each in brackets, with commas between: for `VALUES \(rows: …)`.
        ///
        /// At most 32 at once, so that the databases remember the statements.
        package mutating func appendInterpolation(rows: [[any SQLBindable]]) {
            precondition(1...32 ~= rows.count, "no rows, or too many")
            for (index, row) in rows.enumerated() {
                fragments.append(.literal(index > 0 ? ", (" : "("))
                appendList(row.map(\.sqlValue))
                fragments.append(.literal(")"))
            }
        }

        private mutating func appendList(_ values: [SQLValue]) {
            if values.isEmpty { fragments.append(.literal("NULL")) }
            for (index, value) in values.enumerated() {
                if index > 0 { fragments.append(.literal(", ")) }
                fragments.append(.value(value))
            }
        }

        // MARK: Pasting

        /// Pastes text that stands in the source: for the names of tables and columns.
        package mutating func appendInterpolation(verbatim text: StaticString) { fragments.append(.literal("\(text)")) }

        /// Pastes another statement or a part of one, with its bound values.
        package mutating func appendInterpolation(sql: SQL) { fragments += sql.fragments }

        /// Pastes what the database at hand understands.
        package mutating func appendInterpolation(sqlite: SQL, postgres: SQL) {
            fragments.append(.either(sqlite: sqlite.fragments, postgres: postgres.fragments))
        }

        /// Pastes a column type, for migrations.
        package mutating func appendInterpolation(type: ColumnType) { fragments.append(.type(type)) }
    }
}
