/// The limits of a database's use; the defaults fit a server.
package struct DatabaseOptions: Sendable {
    /// How many connections may read at once on SQLite.
    package var readers = 4
    /// How many connections may be open at once on PostgreSQL, the doorbell's own not counted.
    package var connections = 8
    /// How long a statement waits for another process's write on SQLite.
    package var busyTimeout: Duration = .seconds(15)
    /// How long a statement may run on PostgreSQL.
    package var statementTimeout: Duration = .seconds(30)
    /// How long a connection to PostgreSQL may take.
    package var connectTimeout: Duration = .seconds(10)
    /// The name that PostgreSQL shows in `pg_stat_activity`.
    package var applicationName = "slipway"
    /// How many transactions may wait for a connection; more are refused with ``StorageError/Reason/busy``.
    package var waiting = 20_000
    /// A Redis server that carries the rings between processes on PostgreSQL; without one, or while it is away, NOTIFY does.
    package var bells: RedisLocation?

    package init() {}
}
