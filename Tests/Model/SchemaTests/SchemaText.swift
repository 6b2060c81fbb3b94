import Storage

/// A database's tables as text, in an order that doesn't depend on chance.
enum SchemaText {
    static func read(from database: Database) async throws -> String {
        try await database.read { transaction in
            switch transaction.dialect {
            case .sqlite: try sqlite(transaction)
            case .postgres: try postgres(transaction)
            }
        }
    }

    private static func sqlite(_ transaction: Transaction) throws -> String {
        let rows = try transaction.rows(
            "SELECT sql AS text FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY tbl_name, type DESC, name"
        )
        return try rows.map { try $0.value("text", as: String.self) + ";\n" }.joined()
    }

    private static func postgres(_ transaction: Transaction) throws -> String {
        let columns = try transaction.rows(
            """
            SELECT table_name, 'column ' || column_name || ' ' || data_type
                || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
                || CASE is_identity WHEN 'YES' THEN ' IDENTITY' ELSE '' END
                || COALESCE(' DEFAULT ' || column_default, '') AS text
            FROM information_schema.columns
            WHERE table_schema = 'public'
            ORDER BY table_name, ordinal_position
            """
        )
        let constraints = try transaction.rows(
            """
            SELECT conrelid::regclass::text AS table_name, 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) AS text
            FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
            ORDER BY 1, conname
            """
        )
        let indices = try transaction.rows(
            """
            SELECT tablename AS table_name, indexdef AS text
            FROM pg_indexes
            WHERE schemaname = 'public'
            ORDER BY tablename, indexname
            """
        )
        let triggers = try transaction.rows(
            """
            SELECT tgrelid::regclass::text AS table_name, pg_get_triggerdef(pg_trigger.oid) || E'\\n' || prosrc AS text
            FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
            WHERE NOT tgisinternal
            ORDER BY 1, tgname
            """
        )
        var tables: [String: [String]] = [:]
        for row in columns + constraints + indices + triggers {
            tables[try row.value("table_name"), default: []].append(try row.value("text"))
        }
        return tables.sorted { $0.key < $1.key }.map { "table \($0.key)\n" + $0.value.map { "    \($0)\n" }.joined() }.joined(
            separator: "\n"
        )
    }
}
