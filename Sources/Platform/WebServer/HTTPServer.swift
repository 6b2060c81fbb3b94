internal import CMicroHTTPD
internal import CWslay
internal import Dispatch
internal import Glibc
internal import Synchronization

/// A running HTTP/1.1 and WebSocket server.
///
/// libmicrohttpd's threads read and write, one more accepts and watches, and one serves all WebSockets; handlers run on Swift's pool, and
/// no thread waits for them. It has to be stopped: its threads keep it alive.
///
/// ```swift
/// let server = try HTTPServer.start(ServerConfiguration(listeners: [.tcp(host: "127.0.0.1", port: 0)])) { request in
///     .text("hello \(request.path)\n")
/// }
/// await server.stop()
/// ```
///
/// - SeeAlso: RFC 9110, RFC 9112, RFC 6455; <https://www.gnu.org/software/libmicrohttpd/manual/libmicrohttpd.html>
package final class HTTPServer: Sendable {
    /// Where clients connect, in the order of the configuration's listeners, with real ports.
    package let addresses: [ListeningAddress]

    private let core: ServerCore
    private let keeper: ConnectionKeeper
    private let daemons: [Daemon]
    private let isStopped = Atomic(false)

    /// Opens all listeners and begins to answer.
    ///
    /// Raises the process's limit of open descriptors as far as the system lets every user.
    ///
    /// - Parameters:
    ///   - configuration: Where to listen, limits, whom to trust.
    ///   - handler: Answers a request; runs on a task of its own, which is cancelled when the client goes away, when the server is cut
    ///     off, or when ``ServerLimits/handlerTime`` is over.
    /// - Returns: The running server.
    /// - Throws: ``WebServerError``; nothing is open then.
    package static func start(
        _ configuration: ServerConfiguration,
        _ handler: @escaping @Sendable (Request) async -> Response
    ) throws(WebServerError) -> HTTPServer {
        for fault in [slipway_load_microhttpd(), slipway_load_wslay()] {
            if let fault { throw WebServerError(.failed(String(cString: fault))) }
        }
        DescriptorLimit.raise(to: configuration.limits.connections + 1024)
        let core = try ServerCore(configuration, handler)
        var sockets: [ListeningSocket] = []
        var daemons: [(tls: TLSFiles?, daemon: Daemon)] = []
        do throws(WebServerError) {
            for listener in configuration.listeners { sockets.append(try ListeningSocket(listener)) }
            for tls in Set(configuration.listeners.map(\.tls)) {
                daemons.append((tls, try Daemon(core, threads: threads(configuration), tls: tls)))
            }
        } catch {
            for socket in sockets { socket.close() }
            for daemon in daemons { daemon.daemon.stop() }
            throw error
        }
        let pairs = sockets.compactMap { socket in
            daemons.first { $0.tls == socket.listener.tls }.map { (socket: socket, daemon: $0.daemon) }
        }
        return HTTPServer(core, ConnectionKeeper(core, pairs), daemons.map(\.daemon), sockets.map(\.address))
    }

    private init(_ core: ServerCore, _ keeper: ConnectionKeeper, _ daemons: [Daemon], _ addresses: [ListeningAddress]) {
        self.core = core
        self.keeper = keeper
        self.daemons = daemons
        self.addresses = addresses
        keeper.start()
    }

    /// Open connections, WebSockets included.
    package var connectionCount: Int { core.admission.total }
    /// Open WebSockets.
    package var webSocketCount: Int { core.sockets.socketCount }

    /// Stops: accepts nobody, closes idle connections and WebSockets (1001), answers what is in flight, then ends all threads.
    ///
    /// A second call returns at once.
    ///
    /// - Parameter limit: How long answers may take; what is left then is cancelled and cut off.
    package func stop(within limit: Duration = .seconds(10)) async {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        core.beginStopping()
        keeper.closeListeners()
        async let socketsAreClosed: Void = core.sockets.stop()
        if await !keeper.drained(within: limit) {
            core.beginCutting()
            keeper.cut()
            if await !keeper.drained(within: .seconds(2)) { _ = await keeper.drained(within: .seconds(20), of: .connections) }
        }
        await socketsAreClosed
        // Handlers that don't mind being cancelled are left to themselves; a connection that still waits for one is not: the library would
        // end the process.
        if core.connections.count == 0 { await stopDaemons() }
        await keeper.end()
    }

    private func stopDaemons() async {
        await withCheckedContinuation { continuation in
            // It waits for threads.
            DispatchQueue.global().async { [daemons] in
                for daemon in daemons { daemon.stop() }
                continuation.resume()
            }
        }
    }

    private static func threads(_ configuration: ServerConfiguration) -> Int {
        let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        return max(1, configuration.threads ?? min(processors, 4))
    }
}

extension Listener {
    fileprivate var tls: TLSFiles? {
        if case .tcp(_, _, let tls) = self { return tls }
        return nil
    }
}
