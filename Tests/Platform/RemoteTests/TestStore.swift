import TestKit
import Testing

@testable import Remote

/// The stores that the conformance suite runs on.
enum TestStore: String, CaseIterable, Sendable {
    case folder, rclone, moto

    /// Gives `body` an empty store.
    func with(_ body: (any ObjectStore) async throws -> Void) async throws {
        switch self {
        case .folder:
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            try await body(try await FolderStore.open(folder.path + "/deep/below"))
        case .rclone:
            guard try RequiredTool.rclone.isPresent() else { try Test.cancel("rclone is missing: \(RequiredTool.rclone.remedy)") }
            let server = try await ThrowawayS3.shared()
            try await body(try Self.store(server, bucket: try server.makeBucket()))
        case .moto:
            guard try RequiredTool.moto.isPresent() else { try Test.cancel("moto_server is missing: \(RequiredTool.moto.remedy)") }
            let server = try await Moto.shared()
            let bucket = "bucket-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
            try await Self.makeBucket(bucket, at: server.endpoint)
            let location = S3Location(bucket: bucket, prefix: "some/prefix", endpoint: server.endpoint, region: "us-east-1")
            try await body(try S3Store(location, client: HTTPClient(), credentials: .fixed(Self.motoKey)))
        }
    }

    static let motoKey = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "token")

    static let rcloneKey = AWSCredentials(accessKeyID: ThrowawayS3.accessKeyID, secretAccessKey: ThrowawayS3.secretAccessKey)

    static func store(
        _ server: ThrowawayS3,
        bucket: String,
        key: AWSCredentials = rcloneKey,
        retries: RetryPolicy = RetryPolicy()
    ) throws -> S3Store {
        let location = S3Location(bucket: bucket, prefix: "pre fix/x", endpoint: server.endpoint)
        return try S3Store(location, client: HTTPClient(), credentials: .fixed(key), retries: retries)
    }

    /// Moto lets everybody make buckets, so this needs no signature.
    static func makeBucket(_ name: String, at endpoint: String) async throws {
        let answer = try await HTTPClient().send(HTTPRequest(.put, "\(endpoint)/\(name)"))
        guard answer.isSuccess else { throw TooLate(description: "a bucket") }
    }
}
