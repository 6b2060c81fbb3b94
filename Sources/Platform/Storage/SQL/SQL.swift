/// One statement: its text, and the values bound to it.
///
/// Written as a string literal. An interpolated value is always bound, never pasted; what is pasted is fixed in the source:
/// ```swift
/// try transaction.execute("UPDATE jobs SET status = \(status) WHERE id IN (\(list: ids))")
/// ```
package struct SQL: Sendable, Hashable, ExpressibleByStringInterpolation {
    enum Fragment: Sendable, Hashable {
        case literal(String)
        case value(SQLValue)
        case type(ColumnType)
        case either(sqlite: [Fragment], postgres: [Fragment])
    }

    let fragments: [Fragment]

    package init(stringLiteral text: String) { fragments = [.literal(text)] }
    package init(stringInterpolation: StringInterpolation) { fragments = stringInterpolation.fragments }

    /// The text and the values, in the order of their placeholders: `?` for SQLite, `$1` for PostgreSQL.
    func rendered(for dialect: Dialect) -> (text: String, values: [SQLValue]) {
        var text = ""
        var values: [SQLValue] = []
        Self.render(fragments, for: dialect, text: &text, values: &values)
        return (text, values)
    }

    private static func render(_ fragments: [Fragment], for dialect: Dialect, text: inout String, values: inout [SQLValue]) {
        for fragment in fragments {
            switch fragment {
            case .literal(let literal):
                text += literal
            case .value(let value):
                values.append(value)
                switch dialect {
                case .sqlite: text += "?"
                case .postgres: text += "$\(values.count)"
                }
            case .type(let type):
                text += type.spelled(in: dialect)
            case .either(let sqlite, let postgres):
                render(dialect == .sqlite ? sqlite : postgres, for: dialect, text: &text, values: &values)
            }
        }
    }
}
