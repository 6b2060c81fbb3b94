internal import Storage

/// What jobs report: events for programs and the live view, and the execution log as text.
enum EventTables {
    static let statements: [SQL] = [
        """
        CREATE TABLE events (
            id \(type: .identity),
            organization_id BIGINT,
            job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            ordinal BIGINT NOT NULL,
            attempt BIGINT NOT NULL,
            name TEXT NOT NULL,
            data TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            UNIQUE (job_id, ordinal)
        )
        """,
        """
        CREATE TABLE log_chunks (
            job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            ordinal BIGINT NOT NULL,
            attempt BIGINT NOT NULL,
            text TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (job_id, ordinal)
        )
        """,
    ]
}
