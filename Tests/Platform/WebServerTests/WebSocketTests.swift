import Synchronization
import TestKit
import Testing

@testable import WebServer

@Suite struct WebSocketTests {
    /// Sends back what comes.
    @Sendable static func echo(_ socket: WebSocket) async {
        for await message in socket.messages {
            switch message {
            case .text(let text): await socket.send(.text(text))
            case .binary(let bytes): await socket.send(.binary(bytes))
            }
        }
    }

    private func withSocket(
        _ options: WebSocketOptions = WebSocketOptions(),
        serve: @escaping @Sendable (WebSocket) async -> Void = echo,
        _ body: @Sendable (HTTPServer, Int) async throws -> Void
    ) async throws {
        try await withServer({ _ in }, { _ in .webSocket(options, headers: [], serve) }, body)
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 900_000]) func `messages of every length come and go whole`(_ count: Int) async throws
    {
        try await withSocket { _, port in
            let client = try await WebSocketClient(port: port)
            let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 3) & 0x7F }
            await client.send(opcode: 2, payload)
            #expect(try await client.receive() == .init(opcode: 2, payload: payload))
            await client.send(opcode: 1, payload)
            #expect(try await client.receive() == .init(opcode: 1, payload: payload))
        }
    }

    @Test func `a message in fragments is put together, with a ping in between answered`() async throws {
        try await withSocket { _, port in
            let client = try await WebSocketClient(port: port)
            // The first byte of ü, and then the second.
            await client.send(opcode: 1, [0x61, 0xC3], isLast: false)
            await client.send(opcode: 9, [1, 2, 3])
            #expect(try await client.receive() == .init(opcode: 10, payload: [1, 2, 3]))
            await client.send(opcode: 0, [0xBC], isLast: false)
            await client.send(opcode: 0, [0x62])
            #expect(try await client.text() == "aüb")
        }
    }

    @Test func `what comes together with the handshake isn't lost`() async throws {
        try await withSocket { _, port in
            let raw = try RawClient(port: port)
            await raw.send(Array(WebSocketClient.handshake.utf8) + WebSocketClient.encode(opcode: 1, Array("early".utf8)))
            #expect(try await raw.answer().status == 101)
            #expect(try await raw.receive(7) == [0x81, 5] + Array("early".utf8))
        }
    }

    @Test(arguments: [
        "Upgrade: websocket\r\n": "", "Connection: keep-alive, Upgrade\r\n": "Connection: close\r\n",
        "Sec-WebSocket-Version: 13": "Sec-WebSocket-Version: 12", "dGhlIHNhbXBsZSBub25jZQ==": "short", "GET": "POST",
        "HTTP/1.1": "HTTP/1.0",
    ]) func `what is no handshake gets an ordinary answer`(_ part: String, _ instead: String) async throws {
        try await withSocket { _, port in
            let client = try RawClient(port: port)
            let answer = try await client.ask(WebSocketClient.handshake.replacing(part, with: instead))
            #expect([400, 426].contains(answer.status))
        }
    }

    // MARK: - Closing

    @Test func `a close is answered with its code, and the handler learns it`() async throws {
        let (closures, cancelled) = (Notes<WebSocketClosure?>(), Gate())
        try await withSocket(serve: { socket in
            for await _ in socket.messages {}
            closures.add(socket.closure)
            if Task.isCancelled { cancelled.open() }
        }) { server, port in
            let client = try await WebSocketClient(port: port)
            await client.send(opcode: 8, [0x0F, 0xA1] + Array("bye".utf8))
            #expect(try await client.receive() == .init(opcode: 8, payload: [0x0F, 0xA1] + Array("bye".utf8)))
            #expect(await client.raw.isClosed())
            try await eventually("the closure") { closures.all == [.client(code: 4001, reason: "bye")] && cancelled.isOpen }
            try await eventually("no connection") { server.connectionCount == 0 && server.webSocketCount == 0 }
        }
    }

    @Test func `a handler that returns closes with 1000, after all that it sent`() async throws {
        try await withSocket(serve: { socket in
            for number in 0..<100 { socket.offer(.text("\(number)")) }
        }) { _, port in
            let client = try await WebSocketClient(port: port)
            for number in 0..<100 { #expect(try await client.text() == "\(number)") }
            #expect(try await client.closeCode() == 1000)
        }
    }

    @Test(arguments: [true, false]) func `a client that goes away without a word ends messages and handler`(_ byReset: Bool) async throws {
        let closures = Notes<WebSocketClosure?>()
        try await withSocket(serve: { socket in
            do { try await Task.sleep(for: .seconds(60)) } catch { closures.add(socket.closure) }
        }) { _, port in
            let client = try await WebSocketClient(port: port)
            if byReset { client.raw.reset() } else { client.raw.disconnect() }
            try await eventually("the cancellation") { closures.all == [.connectionLost] }
        }
    }

    @Test func `a close that the client doesn't answer is over in time`() async throws {
        var options = WebSocketOptions()
        options.closeTime = .milliseconds(200)
        try await withSocket(options, serve: { $0.close(4000, reason: "enough") }) { server, port in
            let client = try await WebSocketClient(port: port)
            #expect(try await client.receive() == .init(opcode: 8, payload: [0x0F, 0xA0] + Array("enough".utf8)))
            try await eventually("no connection") { server.connectionCount == 0 }
        }
    }

    // MARK: - Bad frames

    struct BadFrame: Sendable, CustomStringConvertible {
        let description: String
        let bytes: [UInt8]
        let code: Int
    }

    private static let badFrames: [BadFrame] = [
        .init(description: "not masked", bytes: WebSocketClient.encode(opcode: 1, [65], isMasked: false), code: 1002),
        .init(description: "reserved bit 1", bytes: WebSocketClient.encode(opcode: 1, [65], reserved: 4), code: 1002),
        .init(description: "reserved bit 3", bytes: WebSocketClient.encode(opcode: 1, [65], reserved: 1), code: 1002),
        .init(description: "reserved opcode", bytes: WebSocketClient.encode(opcode: 3, [65]), code: 1002),
        .init(description: "reserved control opcode", bytes: WebSocketClient.encode(opcode: 11, [65]), code: 1002),
        .init(
            description: "control frame over 125 bytes",
            bytes: WebSocketClient.encode(opcode: 9, [UInt8](repeating: 1, count: 126)),
            code: 1002
        ),
        .init(description: "control frame in fragments", bytes: WebSocketClient.encode(opcode: 9, [1], isLast: false), code: 1002),
        .init(description: "continuation of nothing", bytes: WebSocketClient.encode(opcode: 0, [1]), code: 1002),
        .init(
            description: "a message within another",
            bytes: WebSocketClient.encode(opcode: 1, [65], isLast: false) + WebSocketClient.encode(opcode: 1, [66]),
            code: 1002
        ),
        .init(description: "text that is no UTF-8", bytes: WebSocketClient.encode(opcode: 1, [0xC3, 0x28]), code: 1007),
        .init(description: "text that ends within a character", bytes: WebSocketClient.encode(opcode: 1, [0x61, 0xC3]), code: 1007),
        .init(description: "a surrogate", bytes: WebSocketClient.encode(opcode: 1, [0xED, 0xA0, 0x80]), code: 1007),
        .init(description: "a length longer than needed", bytes: [0x81, 0xFE, 0, 5, 0, 0, 0, 0, 1, 2, 3, 4, 5], code: 1002),
        .init(description: "a length with the highest bit", bytes: [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], code: 1002),
        .init(description: "a frame of an exabyte", bytes: [0x82, 0xFF, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], code: 1009),
        .init(
            description: "a message over the limit",
            bytes: WebSocketClient.encode(opcode: 2, [UInt8](repeating: 1, count: 10_001)),
            code: 1009
        ),
        .init(
            description: "fragments over the limit",
            bytes: WebSocketClient.encode(opcode: 2, [UInt8](repeating: 1, count: 6000), isLast: false)
                + WebSocketClient.encode(opcode: 0, [UInt8](repeating: 1, count: 6000)),
            code: 1009
        ),
        .init(
            description: "a message of fragments without bytes",
            bytes: WebSocketClient.encode(opcode: 2, [], isLast: false)
                + repeated(WebSocketClient.encode(opcode: 0, [], isLast: false), 200),
            code: 1009
        ),
        .init(description: "a close code that is none", bytes: WebSocketClient.encode(opcode: 8, [0, 5]), code: 1002),
        .init(description: "a close code that only libraries use", bytes: WebSocketClient.encode(opcode: 8, [3, 237]), code: 1002),
        .init(description: "a close reason that is no UTF-8", bytes: WebSocketClient.encode(opcode: 8, [3, 232, 0xFF]), code: 1007),
    ]

    @Test(arguments: badFrames) func `a bad frame closes with its code`(_ frame: BadFrame) async throws {
        var options = WebSocketOptions()
        (options.messageBytes, options.frameBytes) = (10_000, 10_000)
        let closures = Notes<WebSocketClosure?>()
        try await withSocket(
            options,
            serve: { socket in
                await Self.echo(socket)
                closures.add(socket.closure)
            }
        ) { server, port in
            let client = try await WebSocketClient(port: port)
            await client.raw.send(frame.bytes)
            #expect(try await client.closeCode() == frame.code)
            #expect(await client.raw.isClosed())
            try await eventually("the closure") { closures.all == [.violation(code: UInt16(frame.code))] }
            client.raw.disconnect()
            try await eventually("no connection") { server.connectionCount == 0 }
        }
    }

    @Test func `a frame over its limit closes with 1009, though the message might be longer`() async throws {
        var options = WebSocketOptions()
        options.frameBytes = 1000
        try await withSocket(options) { _, port in
            let client = try await WebSocketClient(port: port)
            await client.send(opcode: 2, [UInt8](repeating: 1, count: 1000), isLast: false)
            await client.send(opcode: 0, [UInt8](repeating: 1, count: 1000))
            #expect(try await client.receive().payload.count == 2000)
            await client.send(opcode: 2, [UInt8](repeating: 1, count: 1001))
            #expect(try await client.closeCode() == 1009)
        }
    }

    // MARK: - Slow ones

    @Test func `a reader too slow is closed at the cap, and the others go on, in order`() async throws {
        var options = WebSocketOptions()
        options.pendingBytes = 100_000
        options.closeTime = .milliseconds(300)
        let sockets = Mutex<[WebSocket]>([])
        let closures = Notes<WebSocketClosure?>()
        try await withSocket(
            options,
            serve: { socket in
                sockets.withLock { $0.append(socket) }
                for await _ in socket.messages {}
                closures.add(socket.closure)
            }
        ) { _, port in
            let slow = try await WebSocketClient(port: port, receiveBuffer: 4096)
            try await eventually("the slow one") { sockets.withLock { $0.count } == 1 }
            let clients = [try await WebSocketClient(port: port), try await WebSocketClient(port: port)]
            try await eventually("all") { sockets.withLock { $0.count } == 3 }
            let padding = String(repeating: "x", count: 10_000)
            async let first = Self.count(clients[0], to: 1000)
            async let second = Self.count(clients[1], to: 1000)
            for number in 0..<1000 {
                let all = sockets.withLock { $0 }
                let frame = EncodedFrame.text("\(number) \(padding)")
                // The two that read are waited for; the slow one is not.
                WebSocket.offer(frame, to: [all[0]])
                for socket in all.dropFirst() { #expect(await socket.send(frame)) }
            }
            #expect(try await first == Array(0..<1000))
            #expect(try await second == Array(0..<1000))
            try await eventually("the closure") { closures.all == [.slowReader] }
            #expect(await sockets.withLock { $0[0] }.send(.text("late")) == false)
            #expect(try await slow.raw.receiveToEnd().utf8.count < 10_000_000)
        }
    }

    private static func count(_ client: WebSocketClient, to end: Int) async throws -> [Int] {
        var numbers: [Int] = []
        while numbers.count < end { numbers.append(Int(try await client.text().prefix { $0 != " " }) ?? -1) }
        return numbers
    }

    @Test func `broadcasts of several tasks reach all sockets in one order`() async throws {
        let sockets = Mutex<[WebSocket]>([])
        try await withSocket(serve: { socket in
            sockets.withLock { $0.append(socket) }
            for await _ in socket.messages {}
        }) { _, port in
            var clients: [WebSocketClient] = []
            for _ in 0..<20 { clients.append(try await WebSocketClient(port: port)) }
            try await eventually("all") { sockets.withLock { $0.count } == 20 }
            let all = sockets.withLock { $0 }
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<4 {
                    group.addTask { for number in 0..<100 { WebSocket.offer(.text("\(task)/\(number)"), to: all) } }
                }
            }
            var orders: Set<[String]> = []
            for client in clients {
                var order: [String] = []
                for _ in 0..<400 { order.append(try await client.text()) }
                orders.insert(order)
            }
            #expect(orders.count == 1)
            // Each task's own are in its order.
            let order = try #require(orders.first)
            for task in 0..<4 { #expect(order.filter { $0.hasPrefix("\(task)/") } == (0..<100).map { "\(task)/\($0)" }) }
        }
    }

    @Test func `a handler that reads slowly makes the client wait`() async throws {
        let gate = Gate()
        let seen = Atomic(0)
        try await withSocket(serve: { socket in
            await gate.wait()
            for await _ in socket.messages { seen.add(1, ordering: .relaxed) }
        }) { _, port in
            let client = try await WebSocketClient(port: port)
            let piece = repeated(WebSocketClient.encode(opcode: 2, [UInt8](repeating: 1, count: 1000)), 1000)
            var (sent, refused) = (0, 0)
            while refused < 100, sent < 40 * piece.count {
                let offset = sent % piece.count
                let count = client.raw.sendSome(Array(piece[offset...]))
                sent += count
                refused = count == 0 ? refused + 1 : 0
                if count == 0 { try await Task.sleep(for: .milliseconds(2)) }
            }
            #expect(sent < 40 * piece.count)
            gate.open()
            await client.raw.send(Array(piece[(sent % piece.count)...]))
            let whole = (sent / piece.count + 1) * 1000
            try await eventually("all messages") { seen.load(ordering: .relaxed) == whole }
        }
    }

    @Test func `a client that gives no sign of life is cut`() async throws {
        var options = WebSocketOptions()
        (options.pingInterval, options.pongTime) = (.milliseconds(300), .milliseconds(300))
        let closures = Notes<WebSocketClosure?>()
        try await withSocket(
            options,
            serve: { socket in
                for await _ in socket.messages {}
                closures.add(socket.closure)
            }
        ) { _, port in
            let silent = try await WebSocketClient(port: port)
            #expect(try await silent.receive().opcode == 9)
            #expect(await silent.raw.isClosed())
            try await eventually("the closure") { closures.all == [.pingTimeout] }
        }
    }

    @Test func `a client that answers pings stays`() async throws {
        var options = WebSocketOptions()
        (options.pingInterval, options.pongTime) = (.milliseconds(100), .seconds(60))
        try await withSocket(options) { _, port in
            let alive = try await WebSocketClient(port: port)
            // Each ping but the first comes because the one before was answered.
            for _ in 0..<4 {
                let ping = try await alive.receive()
                #expect(ping.opcode == 9)
                await alive.send(opcode: 10, ping.payload)
            }
        }
    }

    @Test func `a client that asks for pongs and reads none is given up`() async throws {
        var options = WebSocketOptions()
        (options.pendingBytes, options.pongTime) = (50_000, .milliseconds(500))
        let closures = Notes<WebSocketClosure?>()
        try await withSocket(
            options,
            serve: { socket in
                for await _ in socket.messages {}
                closures.add(socket.closure)
            }
        ) { _, port in
            let client = try await WebSocketClient(port: port, receiveBuffer: 4096)
            let pings = repeated(WebSocketClient.encode(opcode: 9, [UInt8](repeating: 1, count: 125)), 1000)
            for _ in 0..<1000 where closures.all.isEmpty { await client.raw.send(pings) }
            try await eventually("the closure") { closures.all == [.slowReader] }
        }
    }
}
