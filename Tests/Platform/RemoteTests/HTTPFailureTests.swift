import TestKit
import Testing

@testable import Remote

@Suite struct HTTPFailureTests {
    private let client = HTTPClient()

    private func failure(_ request: HTTPRequest, _ client: HTTPClient? = nil) async -> RemoteError? {
        await #expect(throws: RemoteError.self) { try await (client ?? self.client).send(request) }
    }

    @Test func `nobody at the address`() async throws {
        let url = "http://127.0.0.1:\(try Loopback.freePort())"
        let error = await failure(HTTPRequest(.get, "\(url)/secret"))
        #expect(error?.reason == .unreachable(server: url))
        #expect(error?.isTransient == true)
    }

    @Test func `a name without an address`() async throws {
        let error = await failure(HTTPRequest(.get, "http://no-such-host.invalid:81/secret"))
        #expect(error?.reason == .dns(server: "http://no-such-host.invalid:81"))
    }

    @Test func `a server that says nothing`() async throws {
        let server = try ScriptedServer { _, _ in .rawThenSilence("") }
        var request = HTTPRequest(.get, server.url)
        request.timeout = .milliseconds(200)
        #expect(await failure(request)?.reason == .timedOut(server: server.url))
    }

    @Test func `a server that stops in the middle`() async throws {
        let server = try ScriptedServer { _, _ in .rawThenSilence("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc") }
        var options = HTTPOptions()
        options.stallTimeout = .seconds(1)
        #expect(await failure(HTTPRequest(.get, server.url), HTTPClient(options))?.reason == .timedOut(server: server.url))
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"])
    func `a server that hangs up`(sent: String) async throws {
        let server = try ScriptedServer { _, _ in .raw(sent) }
        #expect(await failure(HTTPRequest(.get, server.url))?.reason == .connectionLost(server: server.url))
    }

    @Test func `a server that speaks something else`() async throws {
        let server = try ScriptedServer { _, _ in .raw("SSH-2.0-OpenSSH_9.2\r\n") }
        let error = await failure(HTTPRequest(.get, server.url))
        guard case .malformedAnswer(server.url, _) = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        "ftp://example.com/", "file:///etc/passwd", "example", "", "http://", "http://a b/", "http://example.com/\n", "http://ü/",
    ])
    func `an unusable URL`(url: String) async throws {
        let error = await failure(HTTPRequest(.get, url))
        guard case .badURL = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [("X-A", "b\r\nX-C: d"), ("X-A\r\nX-C", "d"), ("X A", "b"), ("", "b"), ("X-A", "\0")])
    func `a header can't smuggle another one in`(name: String, value: String) async throws {
        var request = HTTPRequest(.get, "http://127.0.0.1:1/")
        request.headers[name: name] = value
        guard case .badRequest = await failure(request)?.reason else {
            Issue.record("it was sent")
            return
        }
    }

    @Test func `no description holds a secret`() async throws {
        let secret = "s3cr3t"
        var request = HTTPRequest(.post, "https://user:\(secret)@127.0.0.1:1/hooks/\(secret)?t=\(secret)", body: Array(secret.utf8))
        request.headers[name: "Authorization"] = secret
        request.signing = AWSSigning(
            credentials: AWSCredentials(accessKeyID: secret, secretAccessKey: secret, sessionToken: secret),
            region: "eu",
            service: "s3"
        )
        let error = try #require(await failure(request))
        var texts = ["\(error)", String(reflecting: error), "\(request)", String(reflecting: request)]
        var dumped = ""
        dump(request, to: &dumped)
        dump(request.signing, to: &dumped)
        texts.append(dumped)
        for text in texts { #expect(!text.contains(secret), "\(text)") }
        #expect("\(error)".contains("https://127.0.0.1:1"))
    }
}
