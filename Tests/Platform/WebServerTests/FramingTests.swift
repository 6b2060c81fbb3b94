import TestKit
import Testing

@testable import WebServer

/// Requests about whose end two servers could disagree, and others that no client sends in good faith.
@Suite struct FramingTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n"
    private static let post = "POST / HTTP/1.1\r\nHost: h\r\n"

    private static let malformed: [String] = [
        post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        post + "Content-Length: 3, 3\r\n\r\nabc",
        post + "Content-Length: +3\r\n\r\nabc",
        post + "Content-Length: -3\r\n\r\nabc",
        post + "Content-Length: 0x3\r\n\r\nabc",
        post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding: identity\r\n\r\n",
        post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        post + " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        post + "Transfer-Encoding:\u{b}chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\nHost: h\r\n\r\n",
        get + "A: b\nB: c\r\n\r\n",
        get + "A: b\n\r\n",
        get + "A: b\r\n\n",
        get + "A: b\rB: c\r\n\r\n",
        get + "A: b\r\n c\r\n\r\n",
        get + "A: b\r\n\tc\r\nD: e\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n i: j\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
        get + "A: b\0c\r\n\r\n",
        get + "A\0: b\r\n\r\n",
        get + "A(: b\r\n\r\n",
        get + ": b\r\n\r\n",
        get + "no colon\r\n\r\n",
        get + "Host: other\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /  HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /\u{e9} HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /%ff HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /../etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /a/%2e%2E/b HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: h\r\n\r\n",
        "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /\r\nHost: h\r\n\r\n",
    ]

    @Test(arguments: malformed) func `is refused with 400, and nothing after it is read`(_ request: String) async throws {
        let asked = Notes<String>()
        try await withServer(
            { _ in },
            { request in
                asked.add(request.path)
                return .text("?")
            }
        ) { _, port in
            let client = try RawClient(port: port)
            await client.send(request + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
            let all = try await client.receiveToEnd()
            #expect(all.hasPrefix("HTTP/1.1 400 "))
            #expect(asked.all.isEmpty)
        }
    }

    @Test(arguments: ["3, 3", "+3", "-3", "0x3", "", "3x", "18446744073709551618", "99999999999999999999999"])
    func `a bad length is answered once`(_ length: String) async throws {
        try await withServer({ _ in }, { _ in .text("?") }) { _, port in
            let client = try RawClient(port: port)
            // A request in good order before it, and another connection meanwhile.
            let other = try RawClient(port: port)
            await other.send(Self.post + "Content-Length: 3\r\n")
            #expect(try await client.ask(Self.get + "\r\n").status == 200)
            await client.send(Self.post + "Content-Length: \(length)\r\n\r\nabc")
            let all = try await client.receiveToEnd()
            #expect(all.hasPrefix("HTTP/1.1 400 ") || all.hasPrefix("HTTP/1.1 413 "), "\(all)")
            #expect(all.ranges(of: "HTTP/1.1 ").count == 1, "\(all)")
            #expect(try await other.ask("\r\nabc").status == 200)
        }
    }

    @Test(arguments: ["2;" + String(repeating: "a", count: 1 << 20) + "\r\n{}\r\n", String(repeating: "0", count: 100_000) + "2\r\n{}\r\n"])
    func `a chunk's size or extension without an end is the client's fault`(_ chunk: String) async throws {
        try await withServer({ _ in }, echo) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.post + "Transfer-Encoding: chunked\r\n\r\n" + chunk + "0\r\n\r\n")
            let all = try await client.receiveToEnd()
            #expect(all.hasPrefix("HTTP/1.1 400 ") && all.ranges(of: "HTTP/1.1 ").count == 1, "\(all)")
        }
    }

    @Test(arguments: [
        "zz\r\nabc\r\n0\r\n\r\n", "3\r\nabcdef\r\n0\r\n\r\n", "-3\r\nabc\r\n0\r\n\r\n", "\r\nabc\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n",
    ])
    func `chunks that are none end the connection with 400, and fail the body`(_ chunks: String) async throws {
        let errors = Notes<BodyError>()
        try await withServer(
            { _ in },
            { request in
                do throws(BodyError) { return .text("\(try await request.body.collect(upTo: 100))") } catch {
                    errors.add(error)
                    return .text("")
                }
            }
        ) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.post + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await client.receiveToEnd().hasPrefix("HTTP/1.1 400 "))
            try await eventually("the failure") { errors.all == [.clientGone] }
        }
    }

    @Test(arguments: ["GET / HTTP/2.0\r\nHost: h\r\n\r\n", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", "GET / HTTP/0.9\r\nHost: h\r\n\r\n"])
    func `another version is refused with 505`(_ request: String) async throws {
        try await withServer({ _ in }, echo) { _, port in
            let client = try RawClient(port: port)
            await client.send(request)
            #expect(try await client.receiveToEnd().hasPrefix("HTTP/1.1 505 "))
        }
    }

    @Test(arguments: [
        get + "\r\n", "\r\n\r\n" + get + "\r\n", "GET http://other/ HTTP/1.1\r\nHost: h\r\n\r\n", get + "A:\r\nB:   \r\n\r\n",
        get + "A: b:c=\"d\" \u{e9}\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", get + "Content-Length: 0\r\n\r\n",
        "MKCOL /a//b/ HTTP/1.1\r\nHost: h\r\n\r\n", get + "Cookie: a=b; c=d\r\nCookie: e\r\n\r\n",
    ])
    func `what is unusual and right is served`(_ request: String) async throws {
        try await withServer({ _ in }, { _ in .text("fine") }) { _, port in
            let client = try RawClient(port: port)
            for _ in 0..<2 { #expect(try await client.ask(request).text == "fine") }
        }
    }
}
