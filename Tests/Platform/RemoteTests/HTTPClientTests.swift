import TestKit
import Testing

@testable import Remote

@Suite struct HTTPClientTests {
    private let client = HTTPClient()

    @Test func `a request arrives whole and so does the answer`() async throws {
        let server = try ScriptedServer { request, _ in
            .status(201, headers: ["X-Method: \(request.head.prefix(12))", "x-MIXED:   spaced  "], body: request.body.reversed())
        }
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
        var request = HTTPRequest(.put, "\(server.url)/a%20b?c=d", headers: ["X-One": "1", "X-Empty": ""], body: body)
        let answer = try await client.send(request)
        #expect(answer.status == 201)
        #expect(answer.body == body.reversed())
        #expect(answer.headers[name: "x-method"] == "PUT /a%20b?c")
        #expect(answer.headers[name: "X-Mixed"] == "spaced")
        for method in [HTTPRequest.Method.get, .head, .post, .delete] {
            request.method = method
            request.body = method == .post ? [1, 2] : []
            let answer = try await client.send(request)
            #expect(answer.headers[name: "X-Method"]?.hasPrefix(method.rawValue) == true)
            #expect(answer.body == (method == .post ? [2, 1] : []))
        }
    }

    @Test func `a Unix socket is used whatever the host is called, and nobody behind it is nobody`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let server = try ScriptedServer(path: "\(folder.path)/s") { request, _ in .status(200, body: Array(request.head.utf8)) }
        var options = HTTPOptions()
        options.unixSocket = "\(folder.path)/s"
        let client = HTTPClient(options)
        let answer = try await client.send(HTTPRequest(.patch, "http://localhost/a?b", body: [1]))
        #expect(String(decoding: answer.body, as: UTF8.self).hasPrefix("PATCH /a?b HTTP/1.1\r\nHost: localhost\r\n"))
        _ = try await client.send(HTTPRequest(.get, "http://localhost/"))
        #expect(server.counts.connections == 1)
        options.unixSocket = "\(folder.path)/none"
        let error = await #expect(throws: RemoteError.self) { try await HTTPClient(options).send(HTTPRequest(.get, "http://localhost/")) }
        #expect(error?.reason == .unreachable(server: "http://localhost"))
    }

    @Test func `an empty body is sent with its length`() async throws {
        let server = try ScriptedServer { request, _ in .status(200, body: Array((request.header("Content-Length") ?? "none").utf8)) }
        #expect(try await client.send(HTTPRequest(.put, server.url)).body == Array("0".utf8))
    }

    @Test func `connections are used again`() async throws {
        let server = try ScriptedServer { _, _ in .status(200) }
        for _ in 0..<10 { _ = try await client.send(HTTPRequest(.get, server.url)) }
        #expect(server.counts.requests == 10)
        #expect(server.counts.connections == 1)
    }

    @Test func `no more connections are open than allowed`() async throws {
        let server = try ScriptedServer { _, _ in .status(200, body: [7]) }
        var options = HTTPOptions()
        options.connections = 3
        let client = HTTPClient(options)
        try await withThrowingTaskGroup { group in
            for _ in 0..<60 { group.addTask { try await client.send(HTTPRequest(.get, server.url)).body } }
            for try await body in group { #expect(body == [7]) }
        }
        #expect(server.counts.requests == 60)
        #expect(server.counts.mostOpen <= 3)
    }

    @Test func `a full line refuses further requests`() async throws {
        let server = try ScriptedServer { _, _ in .rawThenSilence("") }
        var options = HTTPOptions()
        options.connections = 1
        options.waiting = 1
        let client = HTTPClient(options)
        let hanging = Task { try await client.send(HTTPRequest(.get, server.url)) }  // cancelled below
        try await eventually("the first request") { server.counts.requests == 1 }
        // Two more: whichever comes second finds the line full, and it alone has an end before the cancellation.
        let others = (0..<2).map { _ in Task { try await client.send(HTTPRequest(.get, server.url)) } }  // cancelled below
        let refusal = try await withThrowingTaskGroup(of: RemoteError?.self) { group in
            for other in others {
                group.addTask { if case .failure(let error) = await other.result { error as? RemoteError } else { nil } }
            }
            let first = try await group.next()
            for other in others { other.cancel() }
            return first
        }
        #expect(refusal == RemoteError(.busy))
        hanging.cancel()
        await #expect(throws: RemoteError(.cancelled)) { try await hanging.value }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n\(String(repeating: "x", count: 2000))",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n\(String(repeating: "x", count: 2000))\r\n0\r\n\r\n",
    ])
    func `an answer over the limit is refused`(answer: String) async throws {
        let server = try ScriptedServer { _, _ in .raw(answer) }
        var request = HTTPRequest(.get, server.url)
        request.responseLimit = 1999
        await #expect(throws: RemoteError(.tooLarge(limit: 1999))) { try await client.send(request) }
        request.responseLimit = 2000
        #expect(try await client.send(request).body.count == 2000)
    }

    @Test func `a cancelled task ends its transfer`() async throws {
        let server = try ScriptedServer { _, _ in .rawThenSilence("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc") }
        let task = Task { try await client.send(HTTPRequest(.get, server.url)) }  // cancelled right below
        try await eventually("the request") { server.counts.requests == 1 }
        task.cancel()
        await #expect(throws: RemoteError(.cancelled)) { try await task.value }
        try await eventually("the end of the connection") { server.counts.open == 0 }
    }

    @Test func `a redirect is an answer like others`() async throws {
        let server = try ScriptedServer { _, _ in .status(302, headers: ["Location: http://127.0.0.1:1/"]) }
        #expect(try await client.send(HTTPRequest(.get, server.url)).status == 302)
    }

    @Test func `a redirect that is followed never leads to plain text`() async throws {
        let server = try ScriptedServer { _, _ in .status(302, headers: ["Location: http://127.0.0.1:1/"]) }
        var request = HTTPRequest(.get, server.url)
        request.maximumRedirects = 3
        let error = await #expect(throws: RemoteError.self) { try await client.send(request) }
        guard case .malformedAnswer = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [1000, 1_000_000, 3_000_000])
    func `a body is sent again from its start when the server has closed a kept connection`(count: Int) async throws {
        let server = try ScriptedServer { request, number in
            if number == 1 { return .lastOfConnection("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
            return .status(200, body: request.body)
        }
        let body = [UInt8](repeating: 5, count: count)
        _ = try await client.send(HTTPRequest(.put, server.url, body: [1]))
        var request = HTTPRequest(.put, server.url, body: body)
        request.responseLimit = count
        #expect(try await client.send(request).body == body)
    }

    @Test func `a body is sent again when a kept connection is cut while it is on its way`() async throws {
        let server = try ScriptedServer { request, number in
            if number == 1 { return .cutNext("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", after: 100_000) }
            return .status(200, body: request.body)
        }
        // More than the sockets' buffers take.
        let body = [UInt8](repeating: 7, count: 20_000_000)
        _ = try await client.send(HTTPRequest(.put, server.url, body: [1]))
        var request = HTTPRequest(.put, server.url, body: body)
        request.responseLimit = body.count
        #expect(try await client.send(request).body == body)
        #expect(server.counts.connections == 2)
    }
}
