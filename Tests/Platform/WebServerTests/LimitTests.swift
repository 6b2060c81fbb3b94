import CLinux
import Glibc
import TestKit
import Testing

@testable import WebServer

@Suite struct LimitTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n"

    @Test func `a header over the limit is refused with 431, one under it is not`() async throws {
        try await withServer({ $0.limits.headerBytes = 4096 }, { _ in .text("fine") }) { _, port in
            let room = 4096 - Self.get.utf8.count - 4 - "A: ".utf8.count
            let client = try RawClient(port: port)
            #expect(try await client.ask(Self.get + "A: " + String(repeating: "x", count: room) + "\r\n\r\n").text == "fine")
            #expect(try await client.ask(Self.get + "A: " + String(repeating: "x", count: room + 1) + "\r\n\r\n").status == 431)
            #expect(await client.isClosed())
        }
    }

    @Test func `too many header lines are refused with 431`() async throws {
        try await withServer({ $0.limits.headerLines = 10 }, { _ in .text("fine") }) { _, port in
            let client = try RawClient(port: port)
            let nine = (0..<9).map { "A\($0): b\r\n" }.joined()
            #expect(try await client.ask(Self.get + nine + "\r\n").text == "fine")
            #expect(try await client.ask(Self.get + nine + "B: c\r\n\r\n").status == 431)
        }
    }

    @Test func `100 MB of header end with 431 after little of it`() async throws {
        try await withServer({ _ in }, { _ in .text("fine") }) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.get)
            let line = Array(("A: " + String(repeating: "x", count: 8000) + "\r\n").utf8)
            let piece = repeated(line, 125)
            var sent = 0
            while sent < 100, await client.send(piece) { sent += 1 }
            #expect(sent < 100)
            #expect(try await RawClient(port: port).ask(Self.get + "\r\n").text == "fine")
        }
    }

    @Test func `a header that doesn't come to its end in time is answered with 408`() async throws {
        try await withServer({ $0.limits.headerTime = .milliseconds(300) }, { _ in .text("fine") }) { _, port in
            let client = try RawClient(port: port)
            // Steadily, a byte at a time: activity is no excuse.
            for byte in Array((Self.get + String(repeating: "A: b\r\n", count: 1000)).utf8) {
                guard await client.send([byte]) else { break }
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(try await client.receiveToEnd().hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func `the second header of a kept connection has its time, too`() async throws {
        try await withServer({ $0.limits.headerTime = .milliseconds(300) }, { _ in .text("fine") }) { _, port in
            let client = try RawClient(port: port)
            #expect(try await client.ask(Self.get + "\r\n").text == "fine")
            await client.send(Self.get)
            #expect(try await client.receiveToEnd().hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func `a body that trickles is answered with 408, and fails`() async throws {
        let errors = Notes<BodyError>()
        try await withServer(
            {
                $0.limits.bodyWindow = .milliseconds(300)
                $0.limits.bodyBytesPerSecond = 1000
            },
            { request in
                do throws(BodyError) { for try await _ in request.body {} } catch { errors.add(error) }
                return .text("")
            }
        ) { _, port in
            let client = try RawClient(port: port)
            await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
            for _ in 0..<2000 where await client.send("x") { try await Task.sleep(for: .milliseconds(10)) }
            #expect(try await client.receiveToEnd().hasPrefix("HTTP/1.1 408 "))
            try await eventually("the failure") { errors.all == [.clientGone] }
        }
    }

    @Test func `a client that the handler makes wait isn't slow`() async throws {
        let gate = Gate()
        try await withServer(
            {
                $0.limits.bodyWindow = .milliseconds(200)
                $0.limits.bodyBytesPerSecond = 1_000_000
            },
            { request in
                await gate.wait()
                return await echo(request)
            }
        ) { _, port in
            let client = try RawClient(port: port)
            let body = [UInt8](repeating: 3, count: 3_000_000)
            async let sent = client.send(Array("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n".utf8) + body)
            // Several windows in which nothing can come.
            try await Task.sleep(for: .seconds(1))
            gate.open()
            #expect(await sent)
            #expect(try await client.answer().body.count == 3_000_000)
        }
    }

    @Test func `an idle connection is closed when its time is over`() async throws {
        try await withServer({ $0.limits.idleTime = .milliseconds(200) }, { _ in .text("fine") }) { server, port in
            let client = try RawClient(port: port)
            #expect(try await client.ask(Self.get + "\r\n").text == "fine")
            #expect(await client.isClosed())
            try await eventually("no connection") { server.connectionCount == 0 }
        }
    }

    @Test func `a handler over its time is cancelled, and 504 is answered`() async throws {
        let cancelled = Gate()
        try await withServer(
            { $0.limits.handlerTime = .milliseconds(200) },
            { _ in
                do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.open() }
                return .text("late")
            }
        ) { _, port in
            let client = try RawClient(port: port)
            #expect(try await client.ask(Self.get + "\r\n").status == 504)
            try await cancelled.awaited("the cancellation")
        }
    }

    @Test func `one address has so many connections, and another as many`() async throws {
        try await withServer(
            {
                $0.limits.connectionsPerAddress = 3
                $0.trustedProxies = [AddressRange("127.0.0.2")].compactMap(\.self)
            },
            { _ in .text("fine") }
        ) { server, port in
            let clients = try (0..<3).map { _ in try RawClient(port: port) }
            for client in clients { #expect(try await client.ask(Self.get + "\r\n").text == "fine") }
            let fourth = try RawClient(port: port)
            #expect(await fourth.isClosed())
            // A place that is given back can be had again.
            clients[0].disconnect()
            try await eventually("a place") { server.connectionCount == 2 }
            #expect(try await RawClient(port: port).ask(Self.get + "\r\n").text == "fine")
        }
    }

    @Test func `so many connections in all`() async throws {
        try await withServer({ $0.limits.connections = 2 }, { _ in .text("fine") }) { _, port in
            let clients = try (0..<2).map { _ in try RawClient(port: port) }
            for client in clients { #expect(try await client.ask(Self.get + "\r\n").text == "fine") }
            let third = try RawClient(port: port)
            #expect(await third.isClosed())
        }
    }

    @Test func `3000 half-open connections disturb nobody`() async throws {
        try await withServer({ _ in }, { _ in .text("fine") }) { server, port in
            var clients: [RawClient] = []
            for _ in 0..<3000 {
                let client = try RawClient(port: port)
                _ = client.sendSome(Array("GET / HT".utf8))
                clients.append(client)
            }
            try await eventually("3000 connections") { server.connectionCount == 3000 }
            for _ in 0..<20 { #expect(try await RawClient(port: port).ask(Self.get + "\r\n").text == "fine") }
            clients = []
            try await eventually("their end") { server.connectionCount == 0 }
        }
    }

    @Test func `resets in the middle of everything leave nothing behind`() async throws {
        try await withServer(
            { _ in },
            { request in
                request.path == "/stream"
                    ? .stream { writer in while true { try await writer.write([UInt8](repeating: 1, count: 50_000)) } }
                    : await echo(request)
            }
        ) { server, port in
            let beginnings = [
                "", "GET / HT", Self.get, Self.get + "\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc",
                "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
            ]
            for round in 0..<140 {
                let client = try RawClient(port: port)
                await client.send(beginnings[round % beginnings.count])
                if round % 2 == 0 { await Task.yield() }
                client.reset()
            }
            try await eventually("no connection") { server.connectionCount == 0 }
            #expect(try await RawClient(port: port).ask(Self.get + "\r\n").status == 200)
        }
    }
}
