internal import Glibc
internal import Synchronization

/// The connections that libmicrohttpd has, by descriptor.
///
/// A connection is taken out before its descriptor is closed: what is done to a descriptor within ``forEach(_:)`` or
/// ``with(descriptor:number:_:)`` hits this connection and no later one with the same number.
final class ConnectionTable: Sendable {
    private let connections = Mutex<[Int32: Connection]>([:])

    var count: Int { connections.withLock { $0.count } }

    func add(_ connection: Connection) { connections.withLock { $0[connection.descriptor] = connection } }

    subscript(descriptor: Int32) -> Connection? { connections.withLock { $0[descriptor] } }

    func remove(_ connection: Connection) {
        connections.withLock { connections in
            if connections[connection.descriptor] === connection { connections[connection.descriptor] = nil }
        }
    }

    /// Calls `body` with every connection; no descriptor is closed meanwhile.
    func forEach(_ body: (Connection) -> Void) { connections.withLock { for connection in $0.values { body(connection) } } }

    /// Calls `body` with one connection, when it is still there.
    func with<T>(descriptor: Int32, number: UInt64, _ body: (Connection) -> T) -> T? {
        connections.withLock { connections in
            guard let connection = connections[descriptor], connection.number == number else { return nil }
            return body(connection)
        }
    }
}
