internal import Storage

/// What all processes of a server share besides the keyring.
enum ServerTables {
    static let statements: [SQL] = [
        // sealed_value: sealed to setting/<name>; made once, by whichever process was first.
        """
        CREATE TABLE server_settings (
            name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
            sealed_value \(type: .blob) NOT NULL,
            created_at BIGINT NOT NULL
        )
        """
    ]
}
