import CLinux
import Glibc
import TestKit
import Testing

@testable import WebServer

@Suite struct StopTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    private func start(_ handler: @escaping @Sendable (Request) async -> Response) throws -> (HTTPServer, Int) {
        var configuration = ServerConfiguration(listeners: [.tcp(host: "127.0.0.1", port: 0)])
        configuration.limits.headerTime = .seconds(120)
        configuration.limits.idleTime = .seconds(120)
        let server = try HTTPServer.start(configuration, handler)
        return (server, server.addresses[0].port ?? 0)
    }

    @Test func `what is in flight is answered, idle connections are closed, and nobody new is taken`() async throws {
        let (began, gate) = (Gate(), Gate())
        let (server, port) = try start { request in
            if request.path == "/" {
                began.open()
                await gate.wait()
            }
            return .text("answered")
        }
        let (busy, idle) = (try RawClient(port: port), try RawClient(port: port))
        #expect(try await idle.ask("GET /x HTTP/1.1\r\nHost: h\r\n\r\n").text == "answered")
        await busy.send(Self.get)
        try await began.awaited("the handler")
        async let stopped: Void = server.stop(within: .seconds(20))
        #expect(await idle.isClosed())
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
        gate.open()
        let answer = try await busy.answer()
        #expect(answer.text == "answered" && answer.header("Connection") == "close")
        #expect(await busy.isClosed())
        await stopped
        #expect(server.connectionCount == 0)
    }

    @Test func `what isn't answered in time is cancelled and cut`() async throws {
        let (began, cancelled) = (Gate(), Gate())
        let (server, port) = try start { request in
            if request.path == "/stream" {
                return .stream { writer in while true { try await writer.write([UInt8](repeating: 1, count: 100_000)) } }
            }
            began.open()
            do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.open() }
            return .text("late")
        }
        let (sleeping, streaming) = (try RawClient(port: port), try RawClient(port: port))
        await sleeping.send(Self.get)
        await streaming.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try await streaming.receive(100)
        try await began.awaited("the handler")
        let time = ContinuousClock.now
        await server.stop(within: .milliseconds(200))
        #expect(ContinuousClock.now - time < .seconds(50))
        #expect(cancelled.isOpen && server.connectionCount == 0)
        #expect(try await sleeping.receiveToEnd() == "")
    }

    @Test func `WebSockets are closed with 1001, and their handlers end`() async throws {
        let closures = Notes<WebSocketClosure?>()
        let (server, port) = try start { _ in
            .webSocket { socket in
                for await _ in socket.messages {}
                closures.add(socket.closure)
            }
        }
        let client = try await WebSocketClient(port: port)
        async let stopped: Void = server.stop()
        #expect(try await client.receive() == .init(opcode: 8, payload: [3, 233]))
        await client.send(opcode: 8, [3, 233])
        await stopped
        #expect(closures.all == [.stopping])
    }

    /// Kept out of what others do at the same time: a process of its own.
    @Test func `a server that stops leaves no thread and no descriptor`() async throws {
        guard OwnProcess.word == nil else { return try await leavesNothing() }
        let alone = try await OwnProcess.run("a server that stops leaves no thread and no descriptor")
        #expect(alone.hasPassed, "\(alone.text)")
    }

    private func leavesNothing() async throws {
        @Sendable func descriptors() -> [String] {
            guard let directory = opendir("/proc/self/fd") else { return [] }
            defer { closedir(directory) }
            var found: [String] = []
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                var target = [CChar](repeating: 0, count: 256)
                _ = readlink("/proc/self/fd/\(name)", &target, target.count - 1)
                found.append("\(name) \(String(decoding: target.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))")
            }
            return found
        }
        func round() async throws {
            var configuration = ServerConfiguration(listeners: [.tcp(host: "127.0.0.1", port: 0)])
            configuration.threads = 4
            let server = try HTTPServer.start(configuration) { request in
                request.path == "/ws" ? .webSocket { socket in for await _ in socket.messages {} } : await echo(request)
            }
            let port = server.addresses[0].port ?? 0
            for _ in 0..<20 { _ = try await RawClient(port: port).ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
            let sockets = [try await WebSocketClient(port: port), try await WebSocketClient(port: port)]
            let half = try RawClient(port: port)
            await half.send("GET / HT")
            await server.stop(within: .seconds(2))
            withExtendedLifetime(sockets) {}
        }
        // What the first round makes for good: dispatch's and Swift's threads, and the timer that pauses wait for.
        try await round()
        try await Task.sleep(for: .milliseconds(1))
        let before = descriptors()
        for _ in 0..<5 { try await round() }
        try await eventually("no descriptor more than after the first round: \(before), now \(descriptors())") {
            descriptors().count <= before.count
        }
        try await eventually("the server's threads' end: \((try? Threads.names()) ?? [])") {
            let names = (try? Threads.names()) ?? []
            return !names.contains { $0.hasPrefix("MHD") || $0 == "connections" || $0 == "websockets" }
        }
    }
}

/// The threads of this process.
enum Threads {
    static func names() throws -> [String] {
        guard let directory = opendir("/proc/self/task") else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let number = String(cString: slipway_entry_name(entry))
            guard let file = fopen("/proc/self/task/\(number)/comm", "r") else { continue }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 64)
            if fgets(&line, 64, file) != nil {
                names.append(String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
            }
        }
        return names
    }
}
