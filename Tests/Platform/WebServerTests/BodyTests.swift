import TestKit
import Testing

@testable import WebServer

@Suite struct BodyTests {
    private static let post = "POST / HTTP/1.1\r\nHost: h\r\n"

    @Test(arguments: [0, 1, 65_536, 65_537, 3_000_000])
    func `a body comes whole, whatever its length`(_ count: Int) async throws {
        try await withServer({ _ in }, echo) { _, port in
            let client = try RawClient(port: port)
            let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            for _ in 0..<2 {
                async let sent = client.send(Array((Self.post + "Content-Length: \(count)\r\n\r\n").utf8) + body)
                #expect(await sent)
                #expect(try await client.answer().body == body)
            }
        }
    }

    @Test func `chunks are put together, and the connection ends with them`() async throws {
        try await withServer({ _ in }, echo) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            await client.send("6;note=x\r\n world\r\n0\r\nTrailer: t\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.text == "hello world" && answer.header("Connection") == "close")
            #expect(try await client.receiveToEnd() == "")
        }
    }

    @Test func `a handler that reads slowly makes the client wait`() async throws {
        let gate = Gate()
        try await withServer(
            { _ in },
            { request in
                await gate.wait()
                return await echo(request)
            }
        ) { _, port in
            let client = try RawClient(port: port)
            let piece = [UInt8](repeating: 7, count: 65_536)
            await client.send(Self.post + "Content-Length: \(piece.count * 400)\r\n\r\n")
            // Sends until the connection takes nothing for good: what is between us is bounded.
            var (sent, refused) = (0, 0)
            while refused < 100, sent < piece.count * 350 {
                let count = client.sendSome(piece)
                sent += count
                if count == 0 {
                    refused += 1
                    try await Task.sleep(for: .milliseconds(2))
                } else {
                    refused = 0
                }
            }
            #expect(sent < piece.count * 350)
            gate.open()
            var left = piece.count * 400 - sent
            while left > 0 {
                await client.send(Array(piece.prefix(left)))
                left -= min(left, piece.count)
            }
            #expect(try await client.answer().body.count == piece.count * 400)
        }
    }

    @Test func `what the handler leaves unread is thrown away, and the connection goes on`() async throws {
        try await withServer({ _ in }, { _ in .text("no, thanks") }) { _, port in
            let client = try RawClient(port: port)
            for _ in 0..<3 {
                await client.send(Array((Self.post + "Content-Length: 100000\r\n\r\n").utf8) + [UInt8](repeating: 1, count: 100_000))
                #expect(try await client.answer().text == "no, thanks")
            }
        }
    }

    @Test func `a long body that nobody wants is answered before its end`() async throws {
        try await withServer({ _ in }, { _ in .text("no, thanks", status: 403) }) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.post + "Content-Length: 400000000\r\n\r\n")
            let piece = [UInt8](repeating: 1, count: 100_000)
            for _ in 0..<5 { await client.send(piece) }
            let answer = try await client.answer()
            #expect(answer.status == 403 && answer.text == "no, thanks" && answer.header("Connection") == "close")
            client.finishSending()
            #expect(try await client.receiveToEnd() == "")
        }
    }

    @Test func `an announced body over the limit is refused, and the handler isn't asked`() async throws {
        let asked = Gate()
        try await withServer(
            { $0.limits.bodyBytes = 1000 },
            { _ in
                asked.open()
                return .text("?")
            }
        ) { _, port in
            let client = try RawClient(port: port)
            await client.send(Array((Self.post + "Content-Length: 1001\r\n\r\n").utf8) + [UInt8](repeating: 1, count: 1001))
            #expect(try await client.answer().status == 413)
            let other = try RawClient(port: port)
            // It waits to be asked for the body, and never is.
            #expect(try await other.ask(Self.post + "Content-Length: 5000000\r\nExpect: 100-continue\r\n\r\n").status == 413)
            #expect(await other.isClosed())
            #expect(!asked.isOpen)
        }
    }

    @Test func `chunks over the limit fail the body, and the handler's answer is given`() async throws {
        try await withServer({ $0.limits.bodyBytes = 100_000 }, echo) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.post + "Transfer-Encoding: chunked\r\n\r\n")
            let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 1, count: 65_536) + Array("\r\n".utf8)
            for _ in 0..<20 where await client.send(chunk) {}
            let answer = try await client.answer()
            #expect(answer.status == 413 && answer.text.contains("100000"))
        }
    }

    @Test func `a handler's own limit holds, too`() async throws {
        try await withServer(
            { _ in },
            { request in
                do throws(BodyError) {
                    return .text("\(try await request.body.collect(upTo: 10).count)")
                } catch {
                    return .text("\(error)", status: 413)
                }
            }
        ) { _, port in
            let client = try RawClient(port: port)
            #expect(try await client.ask(Self.post + "Content-Length: 10\r\n\r\n0123456789").text == "10")
            #expect(try await client.ask(Self.post + "Content-Length: 11\r\n\r\n0123456789a").status == 413)
            #expect(try await client.ask(Self.post + "Transfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n").status == 413)
        }
    }

    @Test func `a client is asked for the body only when the handler reads it`() async throws {
        let gate = Gate()
        try await withServer(
            { _ in },
            { request in
                await gate.wait()
                return await echo(request)
            }
        ) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.post + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            gate.open()
            #expect(try await client.answer().status == 100)
            await client.send("hello")
            let answer = try await client.answer()
            #expect(answer.text == "hello", "\(answer)")
        }
    }

    @Test func `a body whose client goes away fails`() async throws {
        let errors = Notes<BodyError>()
        let began = Gate()
        try await withServer(
            { _ in },
            { request in
                began.open()
                do throws(BodyError) { for try await _ in request.body {} } catch { errors.add(error) }
                return .text("")
            }
        ) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.post + "Content-Length: 100000\r\n\r\nhello")
            try await began.awaited("the handler")
            client.reset()
            try await eventually("the failure") { errors.all == [.clientGone] }
        }
    }
}
