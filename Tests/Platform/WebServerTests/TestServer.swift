import Synchronization
import TestKit
import Testing

@testable import WebServer

/// Runs `body` with a server on a free port of the loopback, and stops it.
func withServer(
    _ configure: (inout ServerConfiguration) -> Void = { _ in },
    _ handler: @escaping @Sendable (Request) async -> Response,
    _ body: @Sendable (_ server: HTTPServer, _ port: Int) async throws -> Void
) async throws {
    var configuration = ServerConfiguration(listeners: [.tcp(host: "127.0.0.1", port: 0)])
    configuration.threads = 2
    // A machine that runs many tests at once may leave a client waiting for long.
    configuration.limits.headerTime = .seconds(120)
    configuration.limits.bodyWindow = .seconds(120)
    configuration.limits.idleTime = .seconds(120)
    configure(&configuration)
    let server = try HTTPServer.start(configuration, handler)
    do {
        try await body(server, server.addresses[0].port ?? 0)
    } catch {
        await server.stop(within: .seconds(1))
        throw error
    }
    await server.stop(within: .seconds(5))
    // Nothing that the library has forgotten.
    #expect(server.connectionCount == 0)
}

/// Waits until a condition holds, 60 s at most.
func eventually(_ what: String, _ condition: @escaping @Sendable () async throws -> Bool) async throws {
    try await within(.seconds(60), what) { while try await !condition() { try await Task.sleep(for: .milliseconds(2)) } }
}

/// Something that opens once, for good.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Doesn't mind cancellation.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Waits, 60 s at most.
    func awaited(_ what: String) async throws { try await eventually(what) { self.isOpen } }
}

/// A list that grows.
final class Notes<Note: Sendable>: Sendable {
    private let notes = Mutex<[Note]>([])
    var all: [Note] { notes.withLock { $0 } }
    func add(_ note: Note) { notes.withLock { $0.append(note) } }
}

/// Answers with the request's body.
@Sendable func echo(_ request: Request) async -> Response {
    do throws(BodyError) {
        return .bytes(try await request.body.collect(upTo: .max), type: "application/octet-stream")
    } catch {
        return .text("\(error)", status: 413)
    }
}

/// The same bytes many times; quick without optimisation, because whoever computes for long keeps handlers from running.
func repeated(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    var all: [UInt8] = []
    all.reserveCapacity(bytes.count * count)
    for _ in 0..<count { all += bytes }
    return all
}
