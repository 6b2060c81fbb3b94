internal import Storage

/// What goes out to channels, kept for a day so that whoever missed some reads on where they were.
enum BroadcastTables {
    static let statements: [SQL] = [
        // A row lives as long as the database, so that no position is given twice. Taking positions locks the row until the commit: so
        // positions become visible in order and without gaps, per channel, also where transactions run beside each other.
        """
        CREATE TABLE broadcast_channels (
            channel TEXT NOT NULL PRIMARY KEY CHECK (length(channel) BETWEEN 1 AND 200),
            last_position BIGINT NOT NULL CHECK (last_position >= 1)
        )\(sqlite: " WITHOUT ROWID", postgres: "")
        """,
        """
        CREATE TABLE broadcasts (
            channel TEXT NOT NULL,
            position BIGINT NOT NULL CHECK (position >= 1),
            name TEXT NOT NULL CHECK (name <> ''),
            data TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (channel, position)
        )\(sqlite: " WITHOUT ROWID", postgres: "")
        """,
        "CREATE INDEX broadcasts_created ON broadcasts (created_at)",
    ]
}
