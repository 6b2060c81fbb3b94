import Synchronization
import TestKit
import Testing

@testable import WebServer

/// Clients that send as much as they can: what they cost stays within their bounds, and the others are served.
@Suite struct WebSocketFloodTests {
    private static let pings = repeated(WebSocketClient.encode(opcode: 9, [UInt8](repeating: 1, count: 125)), 1000)

    private func withSocket(
        _ options: WebSocketOptions,
        serve: @escaping @Sendable (WebSocket) async -> Void = WebSocketTests.echo,
        _ body: @Sendable (HTTPServer, Int) async throws -> Void
    ) async throws {
        try await withServer({ _ in }, { _ in .webSocket(options, headers: [], serve) }, body)
    }

    /// Sends the bytes again and again until the connection takes no more for a while; gives the number of bytes.
    private static func fill(_ client: WebSocketClient, with piece: [UInt8], atMost limit: Int) async throws -> Int {
        var (sent, refused) = (0, 0)
        while refused < 200, sent < limit {
            let count = client.raw.sendSome(Array(piece[(sent % piece.count)...]))
            sent += count
            refused = count == 0 ? refused + 1 : 0
            if count == 0 { try await Task.sleep(for: .milliseconds(2)) }
        }
        return sent
    }

    @Test func `nothing more is read from a client that asks for pongs and reads none, until it does`() async throws {
        var options = WebSocketOptions()
        (options.pendingBytes, options.pongTime) = (64 * 1024, .seconds(60))
        try await withSocket(options) { _, port in
            let client = try await WebSocketClient(port: port)
            let limit = 60_000_000
            let sent = try await Self.fill(client, with: Self.pings, atMost: limit)
            // What the system's own buffers hold.
            #expect(sent < limit)
            // One for each whole ping; the last one may have gone out in part.
            let (ping, pong) = (Self.pings.count / 1000, 127)
            var left = sent / ping
            while left > 0 {
                let count = min(left, 1000)
                #expect(try await client.raw.receive(count * pong).prefix(3) == [0x8A, 125, 1])
                left -= count
            }
            if !sent.isMultiple(of: ping) {
                await client.raw.send(Array(Self.pings[(sent % ping)..<ping]))
                #expect(try await client.receive().opcode == 10)
            }
            await client.send("still here")
            #expect(try await client.text() == "still here")
        }
    }

    @Test func `a client that takes nothing of what waits is given up in time`() async throws {
        var options = WebSocketOptions()
        (options.pendingBytes, options.pongTime, options.closeTime) = (64 * 1024, .milliseconds(300), .milliseconds(200))
        let closures = Notes<WebSocketClosure?>()
        try await withSocket(
            options,
            serve: { socket in
                for await _ in socket.messages {}
                closures.add(socket.closure)
            }
        ) { server, port in
            let client = try await WebSocketClient(port: port, receiveBuffer: 4096)
            _ = try await Self.fill(client, with: Self.pings, atMost: .max)
            try await eventually("the closure") { closures.all == [.slowReader] }
            try await eventually("no connection") { server.connectionCount == 0 }
        }
    }

    @Test func `a client that never stops sending leaves the others their turn, and is cut in time after a close`() async throws {
        var options = WebSocketOptions()
        options.closeTime = .milliseconds(200)
        let sockets = Mutex<[WebSocket]>([])
        try await withSocket(
            options,
            serve: { socket in
                sockets.withLock { $0.append(socket) }
                await WebSocketTests.echo(socket)
            }
        ) { server, port in
            let flood = try await WebSocketClient(port: port)
            let pongs = repeated(WebSocketClient.encode(opcode: 10, [1]), 10_000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                // Ends when the server cuts the connection.
                group.addTask { while await flood.raw.send(pongs) {} }
                let other = try await WebSocketClient(port: port)
                for number in 0..<20 {
                    await other.send("\(number)")
                    #expect(try await other.text() == "\(number)")
                }
                sockets.withLock { $0.first }?.close(4000)
                try await group.next()
                try await eventually("one connection") { server.connectionCount == 1 }
            }
        }
    }

    @Test func `a socket can be given other bounds while it is open`() async throws {
        var options = WebSocketOptions()
        (options.messageBytes, options.frameBytes) = (100, 100)
        let wide = WebSocketOptions()
        try await withSocket(
            options,
            serve: { socket in
                for await message in socket.messages {
                    if message == .text("more") { socket.setBounds(wide) }
                    if case .text(let text) = message { await socket.send(.text("\(text.utf8.count)")) }
                }
            }
        ) { _, port in
            let client = try await WebSocketClient(port: port)
            await client.send("more")
            #expect(try await client.text() == "4")
            await client.send(String(repeating: "x", count: 200_000))
            #expect(try await client.text() == "200000")
            let narrow = try await WebSocketClient(port: port)
            await narrow.send(String(repeating: "x", count: 101))
            #expect(try await narrow.closeCode() == 1009)
        }
    }
}
