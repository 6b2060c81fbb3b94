import CLinux
import Glibc
import Host
import TestKit
import Testing

@testable import Remote

@Suite(.requires(.rclone)) struct S3StoreTests {
    @Test func `a wrong secret is said to be wrong, and not tried again`() async throws {
        let server = try await ThrowawayS3.shared()
        let key = AWSCredentials(accessKeyID: ThrowawayS3.accessKeyID, secretAccessKey: "wrong")
        let store = try TestStore.store(server, bucket: try await server.makeBucket(), key: key)
        let error = await #expect(throws: RemoteError.self) { try await store.put([1], at: try ObjectKey("a")) }
        guard case .denied(server.endpoint, "SignatureDoesNotMatch", _) = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `a missing bucket is no missing object`() async throws {
        let server = try await ThrowawayS3.shared()
        let store = try TestStore.store(server, bucket: "no-such-bucket")
        let error = await #expect(throws: RemoteError.self) { try await store.get(try ObjectKey("a"), limit: 10) }
        guard case .badLocation = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect("\(String(describing: error))".contains("no-such-bucket"))
        let missing = try #require(error)
        await #expect(throws: missing) { try await store.put([1], at: try ObjectKey("a")) }
        await #expect(throws: missing) { try await store.list(prefix: "", from: nil, limit: 1) }
    }

    @Test func `damage in the store is noticed by its checksum`() async throws {
        let server = try await ThrowawayS3()
        let bucket = try await server.makeBucket()
        let store = try TestStore.store(server, bucket: bucket)
        let key = try ObjectKey("a/b")
        #expect(try await store.put([1, 2, 3], at: key) == .entityTag)
        let file = server.file(bucket, "pre fix/x/a/b")
        // Rclone forgets the checksum of a file that has another time than the one it wrote.
        let written = try #require(FileFacts(of: file)).modified
        try FileSystem.write([1, 2, 4], to: file)
        let time = timespec(tv_sec: Int(written / 1_000_000_000), tv_nsec: Int(written % 1_000_000_000))
        #expect(utimensat(AT_FDCWD, file, [time, time], 0) == 0)
        await #expect(throws: RemoteError(.corrupted(key: "a/b"))) { try await store.get(key, limit: 10) }
        try await server.remove()
    }

    @Test func `a server that stops answering is given up in time`() async throws {
        let server = try await ThrowawayS3()
        var options = HTTPOptions()
        options.stallTimeout = .seconds(1)
        let location = S3Location(bucket: try await server.makeBucket(), endpoint: server.endpoint)
        let store = try S3Store(location, client: HTTPClient(options), credentials: .fixed(TestStore.rcloneKey), retries: .once)
        try await server.pause()
        let key = try ObjectKey("a")
        let error = await #expect(throws: RemoteError.self) { try await store.get(key, limit: 10) }
        #expect(error?.reason == .timedOut(server: server.endpoint))
        server.resume()
        #expect(try await store.get(key, limit: 10) == nil)
        try await server.remove()
    }
}
