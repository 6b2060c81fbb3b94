import TestKit
import Testing

@testable import WebServer

@Suite struct RequestTests {
    private static func describe(_ request: Request) -> Response {
        let items = request.target.queryItems.map { "\($0.name)=\($0.value)" }
        return .text(
            "\(request.method) \(request.path) \(request.segments) \(items) \(request.headers["X-Thing"] ?? "-") \(request.client.address)"
        )
    }

    @Test func `a handler sees method, path, segments, query, headers and address`() async throws {
        try await withServer({ _ in }, Self.describe) { _, port in
            let client = try RawClient(port: port)
            let answer = try await client.ask("PATCH /a/b%20c%2Fd/?x=1+2&y=%26&z HTTP/1.1\r\nHost: h\r\nx-thING:  v \t\r\n\r\n")
            #expect(answer.status == 200)
            #expect(answer.text == #"PATCH /a/b%20c%2Fd/ ["a", "b c/d", ""] ["x=1 2", "y=&", "z="] v 127.0.0.1"#)
            #expect(answer.header("Content-Type") == "text/plain; charset=utf-8")
        }
    }

    @Test func `a connection serves one request after another, and a pipelined one in order`() async throws {
        try await withServer({ _ in }, { .text($0.path) }) { server, port in
            let client = try RawClient(port: port)
            #expect(try await client.ask("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n").text == "/1")
            await client.send((2...20).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
            for number in 2...20 { #expect(try await client.answer().text == "/\(number)") }
            #expect(server.connectionCount == 1)
            #expect(try await client.ask("GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").header("Connection") == "close")
            #expect(await client.isClosed())
        }
    }

    @Test func `HEAD answers what GET would, without the body`() async throws {
        let ran = Gate()
        try await withServer(
            { _ in },
            { request in
                request.path == "/stream" ? .stream { _ in ran.open() } : .text("twelve bytes")
            }
        ) { _, port in
            let client = try RawClient(port: port)
            let head = try await client.ask("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(head.status == 200 && head.header("Content-Length") == "12")
            // The next answer begins where the head ended.
            #expect(try await client.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").text == "twelve bytes")
            await client.send("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n")
            let stream = try await client.receiveToEnd()
            #expect(stream.contains(" 200 ") && stream.hasSuffix("\r\n\r\n") && !stream.contains("\r\n0\r\n"))
            #expect(!ran.isOpen)
        }
    }

    @Test func `HTTP 1_0 closes unless it asks to be kept`() async throws {
        try await withServer({ _ in }, { .text($0.client.host) }) { _, port in
            let client = try RawClient(port: port)
            #expect(try await client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\nHost: a\r\n\r\n").text == "a")
            #expect(try await client.ask("GET / HTTP/1.0\r\n\r\n").text == "")
            #expect(await client.isClosed())
        }
    }

    @Test func `each request gets an id of its own, which it answers with`() async throws {
        try await withServer({ _ in }, { .text($0.id) }) { _, port in
            let client = try RawClient(port: port)
            var ids: Set<String> = []
            for _ in 0..<50 {
                // Nobody but a trusted proxy chooses it.
                let answer = try await client.ask("GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: mine\r\n\r\n")
                #expect(answer.header("X-Request-Id") == answer.text)
                ids.insert(answer.text)
            }
            #expect(ids.count == 50 && !ids.contains("mine"))
        }
    }

    @Test func `the access log has one record for each request`() async throws {
        let records = Notes<AccessRecord>()
        try await withServer({ $0.onAccess = { records.add($0) } }, echo) { _, port in
            let client = try RawClient(port: port)
            let answer = try await client.ask("POST /a?secret=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")
            _ = try await client.ask("HEAD /b HTTP/1.1\r\nHost: h\r\n\r\n")
            await client.send("GET /c HTTP/1.1\r\nHost: h\r\nA: b\n\r\n")
            _ = try await client.receiveToEnd()
            try await eventually("three records") { records.all.count == 3 }
            let (first, second, third) = (records.all[0], records.all[1], records.all[2])
            #expect(first.method == "POST" && first.path == "/a" && first.status == 200 && first.sentBytes == 5 && first.receivedBytes == 5)
            #expect(first.requestID == answer.header("X-Request-Id") && first.clientAddress == "127.0.0.1" && first.isComplete)
            #expect(second.method == "HEAD" && second.status == 200 && second.sentBytes == 0)
            #expect(third.path == "/c" && third.status == 400)
            #expect(first.duration > .zero && first.duration < .seconds(20))
        }
    }

    @Test func `many clients at once all get their own answers`() async throws {
        try await withServer({ _ in }, { .text($0.path) }) { _, port in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<40 {
                    group.addTask {
                        let connection = try RawClient(port: port)
                        for number in 0..<25 {
                            #expect(
                                try await connection.ask("GET /\(client)/\(number) HTTP/1.1\r\nHost: h\r\n\r\n").text
                                    == "/\(client)/\(number)"
                            )
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
