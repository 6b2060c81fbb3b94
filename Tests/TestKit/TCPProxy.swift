internal import Dispatch
internal import Glibc
internal import Synchronization

/// A line between a client and a server on the loopback that a test cuts, holds up or watches.
package final class TCPProxy: Sendable {
    private struct State {
        var isHeld = false
        var isCut = false
        var fromServer = 0
        var fromClient = 0
        var connections: [Int32] = []
        /// Ends everything once so many bytes have come from the server.
        var serverLimit: Int?
        var clientLimit: Int?
    }

    package let port: Int
    private let target: Int
    private let listener: Int32
    private let state = Mutex(State())

    /// Listens, and connects to `target` for each client.
    ///
    /// - Parameters:
    ///   - target: The server's port.
    ///   - serverLimit: The connection is cut after so many bytes from the server.
    ///   - clientLimit: The same for bytes from the client.
    /// - Throws: ``TooLate`` without a port.
    package init(to target: Int, cutAfterServer serverLimit: Int? = nil, cutAfterClient clientLimit: Int? = nil) throws {
        self.target = target
        (listener, port) = try Listening.onLoopback()
        state.withLock {
            $0.serverLimit = serverLimit
            $0.clientLimit = clientLimit
        }
        let listener = listener
        DispatchQueue(label: "proxy").async { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { break }
                self?.begin(client)
            }
            close(listener)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        state.withLock { for connection in $0.connections { shutdown(connection, Int32(SHUT_RDWR)) } }
    }

    /// How many bytes the server has sent so far.
    package var bytesFromServer: Int { state.withLock { $0.fromServer } }
    package var bytesFromClient: Int { state.withLock { $0.fromClient } }

    /// Lets nothing through from now on; both ends stay connected.
    package func hold() { state.withLock { $0.isHeld = true } }

    /// Ends every connection at both ends.
    package func cut() {
        state.withLock { state in
            state.isCut = true
            for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    /// Cuts when so many more bytes have come from the client.
    package func cutAfterClient(more count: Int) { state.withLock { $0.clientLimit = $0.fromClient + count } }

    // MARK: - Details

    private func begin(_ client: Int32) {
        guard let server = Listening.connect(target) else {
            close(client)
            return
        }
        state.withLock { $0.connections += [client, server] }
        let ends = Ends(client: client, server: server)
        DispatchQueue(label: "to server").async { self.copy(ends, isFromServer: false) }
        DispatchQueue(label: "to client").async { self.copy(ends, isFromServer: true) }
    }

    private final class Ends: Sendable {
        let client: Int32
        let server: Int32
        /// How many directions are still copied.
        let remaining = Mutex(2)

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }
    }

    private func copy(_ ends: Ends, isFromServer: Bool) {
        let (source, sink) = isFromServer ? (ends.server, ends.client) : (ends.client, ends.server)
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = recv(source, &piece, piece.count, 0)
            guard count > 0 else { break }
            let (isHeld, mustCut) = state.withLock { state -> (Bool, Bool) in
                if isFromServer { state.fromServer += count } else { state.fromClient += count }
                let isOver =
                    state.serverLimit.map { state.fromServer > $0 } == true || state.clientLimit.map { state.fromClient > $0 } == true
                return (state.isHeld, isOver || state.isCut)
            }
            if mustCut {
                cut()
                break
            }
            // What comes while it is held is lost, which no end finds out.
            if isHeld { continue }
            guard send(sink, piece, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(ends.client, Int32(SHUT_RDWR))
        shutdown(ends.server, Int32(SHUT_RDWR))
        let isLast = ends.remaining.withLock { count in
            count -= 1
            return count == 0
        }
        guard isLast else { return }
        state.withLock { state in
            state.connections.removeAll { $0 == ends.client || $0 == ends.server }
            close(ends.client)
            close(ends.server)
        }
    }
}

/// A server on the loopback that does with each connection what a test says.
package final class FakeServer: Sendable {
    package let port: Int
    private let listener: Int32
    private let connections = Mutex<[Int32]>([])

    /// Listens; `serve` gets each connection on a thread that may block, and the connection is closed after it.
    package init(_ serve: @escaping @Sendable (FakeConnection) -> Void) throws {
        (listener, port) = try Listening.onLoopback()
        let listener = listener
        DispatchQueue(label: "fake server").async { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                guard let self else {
                    close(connection)
                    break
                }
                self.connections.withLock { $0.append(connection) }
                DispatchQueue(label: "fake connection").async { [weak self] in
                    serve(FakeConnection(descriptor: connection))
                    shutdown(connection, Int32(SHUT_RDWR))
                    self?.connections.withLock { $0.removeAll { $0 == connection } }
                    close(connection)
                }
            }
            close(listener)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        connections.withLock { for connection in $0 { shutdown(connection, Int32(SHUT_RDWR)) } }
    }
}

/// The server's end of a connection of a ``FakeServer``.
package struct FakeConnection: Sendable {
    fileprivate let descriptor: Int32

    /// Sends text as it is; false when the client has gone.
    @discardableResult
    package func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Takes what the client sends, and returns when it has gone.
    package func waitForEnd() {
        var piece = [UInt8](repeating: 0, count: 4096)
        while recv(descriptor, &piece, piece.count, 0) > 0 {}
    }

    /// Waits for the client's first bytes.
    package func waitForBytes() {
        var piece = [UInt8](repeating: 0, count: 4096)
        _ = recv(descriptor, &piece, piece.count, 0)
    }
}

private enum Listening {
    static func onLoopback() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0 && listen(descriptor, 64) == 0
            }
        }
        guard isListening else { throw TooLate(description: "a listening socket") }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    static func connect(_ port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return descriptor }
        close(descriptor)
        return nil
    }
}
