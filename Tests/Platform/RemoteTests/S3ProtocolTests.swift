import FoundationEssentials
import Sealing
import TestKit
import Testing

@testable import Remote

/// What goes over the wire, and what is made of odd answers.
@Suite struct S3ProtocolTests {
    private func store(_ server: ScriptedServer, attempts: Int = 4, token: String? = nil) throws -> S3Store {
        var retries = RetryPolicy()
        retries.attempts = attempts
        retries.firstPause = .milliseconds(1)
        retries.longestPause = .milliseconds(5)
        let key = AWSCredentials(accessKeyID: "AKID", secretAccessKey: "SECRET", sessionToken: token)
        let location = S3Location(bucket: "bucket", prefix: "p", endpoint: server.url, region: "eu-central-1")
        return try S3Store(location, client: HTTPClient(), credentials: .fixed(key), retries: retries)
    }

    private static let checksum = Data(SHA256.hash([1, 2, 3])).base64EncodedString()

    @Test func `a put carries its length, its hashes and a signature over all of them`() async throws {
        let checksum = Self.checksum
        let server = try ScriptedServer { request, _ in
            let signed = request.header("Authorization") ?? ""
            let isRight =
                request.head.hasPrefix("PUT /bucket/p/a%20b HTTP/1.1") && request.header("Content-Length") == "3"
                && request.header("x-amz-checksum-sha256") == checksum && request.header("x-amz-content-sha256") == SHA256.hex([1, 2, 3])
                && request.header("x-amz-security-token") == "token" && request.header("Expect") == nil && request.body == [1, 2, 3]
                && signed.hasPrefix("AWS4-HMAC-SHA256 Credential=AKID/") && signed.contains("/eu-central-1/s3/aws4_request")
                && signed.contains("host;x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date;x-amz-security-token")
            return isRight ? .status(200, headers: ["x-amz-checksum-sha256: \(checksum)"]) : .status(400, body: Array(request.head.utf8))
        }
        #expect(try await store(server, token: "token").put([1, 2, 3], at: try ObjectKey("a b")) == .checksum)
    }

    @Test func `a checksum that differs is an error`() async throws {
        let server = try ScriptedServer { _, _ in
            .status(200, headers: ["x-amz-checksum-sha256: \(Data(SHA256.hash([9])).base64EncodedString())"], body: [1, 2, 3])
        }
        let (store, key) = (try store(server), try ObjectKey("a"))
        await #expect(throws: RemoteError(.corrupted(key: "a"))) { try await store.put([1, 2, 3], at: key) }
        await #expect(throws: RemoteError(.corrupted(key: "a"))) { try await store.get(key, limit: 10) }
    }

    @Test func `without a checksum or a usable tag the object is read back`() async throws {
        let server = try ScriptedServer { request, _ in
            request.head.hasPrefix("PUT")
                ? .status(200, headers: ["ETag: \"\(String(repeating: "0", count: 32))\""]) : .status(200, body: [1, 2, 3])
        }
        #expect(try await store(server).put([1, 2, 3], at: try ObjectKey("a")) == .readBack)
        await #expect(throws: RemoteError(.corrupted(key: "a"))) { try await store(server).put([1, 2, 4], at: try ObjectKey("a")) }
    }

    @Test(arguments: [(500, ""), (503, "SlowDown"), (429, ""), (400, "RequestTimeout"), (502, "")])
    func `what may work later is tried again`(status: Int, code: String) async throws {
        let server = try ScriptedServer { _, number in
            number < 4 ? .status(status, body: Array("<Error><Code>\(code)</Code></Error>".utf8)) : .status(200, body: [7])
        }
        #expect(try await store(server).get(try ObjectKey("a"), limit: 10) == [7])
        #expect(server.counts.requests == 4)
    }

    @Test func `a broken connection is tried again, but not for ever`() async throws {
        let server = try ScriptedServer { _, _ in .raw("") }
        let (store, key) = (try store(server, attempts: 3), try ObjectKey("a"))
        let error = await #expect(throws: RemoteError.self) { try await store.get(key, limit: 10) }
        #expect(error?.reason == .connectionLost(server: server.url))
        #expect(server.counts.requests == 3)
    }

    @Test func `a refusal is final and tells the server's words, tamed`() async throws {
        let server = try ScriptedServer { _, _ in
            .status(
                400,
                body: Array("<?xml version=\"1.0\"?><Error><Code>Bad&amp;Thing</Code><Message>no\u{1B}[31m &#x21;</Message></Error>".utf8)
            )
        }
        let (store, key) = (try store(server), try ObjectKey("a"))
        let error = await #expect(throws: RemoteError.self) { try await store.get(key, limit: 10) }
        #expect(error?.reason == .refused(server: server.url, status: 400, code: "Bad&Thing", message: "no[31m !"))
        #expect(server.counts.requests == 1)
    }

    @Test(arguments: [
        "", "<html>", "<html></html>", "<ListBucketResult><Contents></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "<ListBucketResult>", "<a><b></a></b>", "&",
        String(repeating: "<a>", count: 100_000),
    ])
    func `a listing that isn't one is an error`(body: String) async throws {
        let server = try ScriptedServer { _, _ in .status(200, body: Array(body.utf8)) }
        let store = try store(server)
        let error = await #expect(throws: RemoteError.self) { try await store.list(prefix: "", from: nil, limit: 10) }
        guard case .malformedAnswer = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `pauses double up to the longest, and a server may ask for more within it`() throws {
        var policy = RetryPolicy()
        policy.attempts = 7
        policy.jitter = { 1 }
        let fault = RemoteError(.serverFault(server: "", status: 500, code: ""))
        let pauses = (1...7).map { policy.pause(after: $0, failing: fault) }
        #expect(
            pauses == [
                .milliseconds(200), .milliseconds(400), .milliseconds(800), .milliseconds(1600), .milliseconds(3200), .seconds(5), nil,
            ]
        )
        for (asked, given) in [(1, 1), (3600, 5)] {
            let error = RemoteError(.throttled(server: "", retryAfter: .seconds(asked)))
            #expect(policy.pause(after: 1, failing: error) == .seconds(given))
        }
        #expect(policy.pause(after: 1, failing: RemoteError(.tooLarge(limit: 1))) == nil)
    }
}
