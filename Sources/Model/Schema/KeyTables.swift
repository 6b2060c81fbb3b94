internal import Storage

/// What rotation and retirement of keys need: finding messages by the key that wraps theirs, and refusing a retired one.
enum KeyTables {
    /// A column with sealed messages.
    struct Column {
        let table: StaticString
        let column: StaticString
    }

    /// What a column of sealed messages needs that a later migration adds.
    static func statements(for column: Column) -> [SQL] { [index(column)] + refusals(column.table, column.column, isMessage: true) }

    private static let columns = [
        Column(table: "terraform_sources", column: "sealed_files"),
        Column(table: "terraform_runs", column: "sealed_inputs"),
        Column(table: "terraform_runs", column: "sealed_plan"),
        Column(table: "terraform_deployments", column: "sealed_variables"),
        Column(table: "terraform_deployments", column: "sealed_outputs"),
        Column(table: "cloud_provider_credentials", column: "sealed_values"),
    ]

    static let statements: [SQL] =
        [
            // key_field: what stands in a message that the key wraps (docs/sealed-format.md, offset 57).
            """
            CREATE TABLE retired_keys (
                name TEXT NOT NULL PRIMARY KEY,
                key_field \(type: .blob) NOT NULL,
                retired_by TEXT NOT NULL,
                retired_at BIGINT NOT NULL
            )
            """
        ] + columns.map(index) + columns.flatMap { refusals($0.table, $0.column, isMessage: true) }
        + refusals("terraform_state_versions", "key_name", isMessage: false)

    /// The bytes that hold the key's name: 3 before it, and the name of at most 64.
    private static func index(_ sealed: Column) -> SQL {
        """
        CREATE INDEX \(verbatim: sealed.table)_\(verbatim: sealed.column)_key
        ON \(verbatim: sealed.table) (substr(\(verbatim: sealed.column), 58, 67))
        """
    }

    // MARK: - A retired key is refused

    /// A late writer, who began before the key was retired, must not leave a message that nobody can open.
    private static func refusals(_ table: StaticString, _ column: StaticString, isMessage: Bool) -> [SQL] {
        let found: SQL =
            isMessage
            ? "key_field = substr(NEW.\(verbatim: column), 58, length(key_field))" : "name = NEW.\(verbatim: column)"
        let isRetired: SQL = "EXISTS (SELECT 1 FROM retired_keys WHERE \(sql: found))"
        let trigger: SQL = "\(verbatim: table)_\(verbatim: column)_retired"
        return [
            """
            \(
                sqlite: """
                CREATE TRIGGER \(sql: trigger)_on_insert BEFORE INSERT ON \(verbatim: table)
                WHEN \(sql: isRetired)
                BEGIN SELECT RAISE(ABORT, 'the key is retired'); END
                """,
                postgres: """
                CREATE FUNCTION \(sql: trigger)() RETURNS trigger LANGUAGE plpgsql AS '
                BEGIN
                    IF \(sql: isRetired) THEN
                        RAISE EXCEPTION USING ERRCODE = ''check_violation'', CONSTRAINT = ''retired_key'', MESSAGE = ''the key is retired'';
                    END IF;
                    RETURN NEW;
                END'
                """
            )
            """,
            """
            \(
                sqlite: """
                CREATE TRIGGER \(sql: trigger)_on_update BEFORE UPDATE OF \(verbatim: column) ON \(verbatim: table)
                WHEN \(sql: isRetired)
                BEGIN SELECT RAISE(ABORT, 'the key is retired'); END
                """,
                postgres: """
                CREATE TRIGGER \(sql: trigger) BEFORE INSERT OR UPDATE OF \(verbatim: column) ON \(verbatim: table)
                FOR EACH ROW EXECUTE FUNCTION \(sql: trigger)()
                """
            )
            """,
        ]
    }
}
