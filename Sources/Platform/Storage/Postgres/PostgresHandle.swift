internal import CPostgres
internal import Glibc

/// Owns one `PGconn`, connected; finished with the last reference.
final class PostgresHandle {
    let pointer: OpaquePointer

    /// Connects, and waits for it at most as long as the options say.
    ///
    /// - Throws: ``StorageError`` as ``PostgresConnectFailure`` reads it.
    /// - SeeAlso: <https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PQCONNECTSTARTPARAMS>
    init(_ address: PostgresAddress, options: DatabaseOptions) throws(StorageError) {
        // What stands before dbname is a default that the address may override.
        let parameters = [
            ("fallback_application_name", options.applicationName),
            ("gssencmode", "disable"),
            ("keepalives_idle", "10"),
            ("keepalives_interval", "5"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
            ("dbname", address.url),
            ("client_encoding", "UTF8"),
        ]
        let keywords = CStrings(parameters.map(\.0))
        let values = CStrings(parameters.map(\.1))
        // Not PQconnectdb: only an object made beforehand can be told to put the SQLSTATE into the message.
        guard let pointer = PQconnectStartParams(keywords.pointers, values.pointers, 1) else {
            throw StorageError(.failing("out of memory"))
        }
        self.pointer = pointer
        PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
        PQsetNoticeProcessor(pointer, { _, _ in }, nil)
        try connect(address, deadline: ContinuousClock.now + options.connectTimeout)
        PQsetErrorVerbosity(pointer, PQERRORS_DEFAULT)
    }

    deinit { PQfinish(pointer) }

    /// Whether the connection is of no more use.
    var isBroken: Bool { PQstatus(pointer) == CONNECTION_BAD }

    private func connect(_ address: PostgresAddress, deadline: ContinuousClock.Instant) throws(StorageError) {
        var state = PGRES_POLLING_WRITING
        if PQstatus(pointer) == CONNECTION_BAD { state = PGRES_POLLING_FAILED }
        while state != PGRES_POLLING_OK {
            if state == PGRES_POLLING_FAILED {
                throw StorageError(connecting: String(cString: PQerrorMessage(pointer)), to: address)
            }
            let events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT
            guard Self.wait(for: events, on: PQsocket(pointer), until: deadline) else {
                throw StorageError(.unreachable(server: address.shown), cause: "no answer in time")
            }
            state = PQconnectPoll(pointer)
        }
    }

    private static func wait(for events: Int32, on socket: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return false }
            var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
            let count = poll(&descriptor, 1, max(1, left.milliseconds))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return false }
        }
    }
}

/// A nil-terminated array of C strings, for as long as it lives.
private final class CStrings {
    private let owned: [UnsafeMutablePointer<CChar>?]

    init(_ strings: [String]) { owned = strings.map { strdup($0) } + [nil] }

    deinit { for pointer in owned { free(pointer) } }

    var pointers: [UnsafePointer<CChar>?] { owned.map { UnsafePointer($0) } }
}
