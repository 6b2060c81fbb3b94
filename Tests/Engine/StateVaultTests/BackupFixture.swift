import Audit
import Domain
import FoundationEssentials
import Jobs
import Log
import Remote
import StateVault
import Storage
import Synchronization
import TestKit
import Testing

/// Where the tests' backups lie.
enum BackupKind: String, CaseIterable, Sendable {
    case folder, s3
}

/// A store whose files a test can damage, and that can go away.
final class TestBackups: ObjectStore {
    let inner: any ObjectStore
    private let isAway = Mutex(false)
    private let refusesReads = Mutex(false)
    /// Called before each put with its key, for what happens meanwhile.
    private let beforePut = Mutex<(@Sendable (ObjectKey) async throws -> Void)?>(nil)

    init(_ inner: any ObjectStore) { self.inner = inner }

    var place: String { inner.place }

    func goAway(_ away: Bool = true) { isAway.withLock { $0 = away } }
    func refuseReads() { refusesReads.withLock { $0 = true } }
    func beforePut(_ body: (@Sendable (ObjectKey) async throws -> Void)?) { beforePut.withLock { $0 = body } }

    // Damages go the way of the store: an S3 server need not notice what happens to its files.
    func bytes(_ key: String) async throws -> [UInt8] { try #require(try await inner.get(ObjectKey(key), limit: 1 << 30)) }
    func overwrite(_ key: String, _ bytes: [UInt8]) async throws { _ = try await inner.put(bytes, at: ObjectKey(key)) }
    func remove(_ key: String) async throws { try await inner.delete(ObjectKey(key)) }
    func exists(_ key: String) async throws -> Bool { try await inner.head(ObjectKey(key)) != nil }

    func put(_ bytes: [UInt8], at key: ObjectKey) async throws(RemoteError) -> PutCheck {
        try check()
        if let body = beforePut.withLock({ $0 }) {
            do { try await body(key) } catch { throw RemoteError(.failed("\(error)")) }
        }
        return try await inner.put(bytes, at: key)
    }

    func get(_ key: ObjectKey, limit: Int) async throws(RemoteError) -> [UInt8]? {
        try check()
        if refusesReads.withLock({ $0 }) { throw RemoteError(.timedOut(server: "the store")) }
        return try await inner.get(key, limit: limit)
    }

    func head(_ key: ObjectKey) async throws(RemoteError) -> StoredObject? {
        try check()
        return try await inner.head(key)
    }

    func delete(_ key: ObjectKey) async throws(RemoteError) {
        try check()
        try await inner.delete(key)
    }

    func list(prefix: String, from position: ObjectPage.Position?, limit: Int) async throws(RemoteError) -> ObjectPage {
        try check()
        return try await inner.list(prefix: prefix, from: position, limit: limit)
    }

    private func check() throws(RemoteError) {
        if isAway.withLock({ $0 }) { throw RemoteError(.unreachable(server: "the store")) }
    }
}

extension BackupKind {
    func with(_ body: (TestBackups) async throws -> Void) async throws {
        switch self {
        case .folder:
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let path = folder.path
            try await body(TestBackups(try await FolderStore.open(path)))
        case .s3:
            guard try RequiredTool.rclone.isPresent() else { try Test.cancel("rclone is missing: \(RequiredTool.rclone.remedy)") }
            let server = try await ThrowawayS3.shared()
            let bucket = try await server.makeBucket()
            let location = S3Location(bucket: bucket, prefix: "vault", endpoint: server.endpoint)
            let key = AWSCredentials(accessKeyID: ThrowawayS3.accessKeyID, secretAccessKey: ThrowawayS3.secretAccessKey)
            var retries = RetryPolicy()
            retries.attempts = 2
            let store = try S3Store(location, client: HTTPClient(), credentials: .fixed(key), retries: retries)
            try await body(TestBackups(store))
        }
    }
}

extension TestDatabase {
    /// A vault with backups.
    func withBackups(
        _ kind: BackupKind = .folder,
        now: @escaping @Sendable () -> Date = { Date() },
        _ body: (VaultFixture, TestBackups) async throws -> Void
    ) async throws {
        try await kind.with { store in
            try await withVault(backups: BackupPlace(store), now: now) { fixture in try await body(fixture, store) }
        }
    }
}

extension VaultFixture {
    static func key(_ version: Int, of deployment: Int64 = 1) -> String {
        "terraform-states/org-1/deployment-\(deployment)/v\(version)-state.sealed"
    }

    /// Saves versions with their backups.
    func saveBackedUp(_ serials: ClosedRange<Int>, to deployment: DeploymentID? = nil) async throws {
        for serial in serials {
            let saved = try await save(SampleState.json(serial: serial, note: "\(deployment ?? first)/\(serial)"), to: deployment)
            try await vault.backUp(deployment ?? first, version: try #require(saved).version)
        }
    }

    func facts(_ version: Int, of deployment: DeploymentID? = nil) async throws -> StateVersion? {
        try await vault.versions(of: deployment ?? first, limit: 1000).first { $0.version == version }
    }

    func audited(_ action: String) async throws -> [AuditLog.Entry] {
        try await database.read { try AuditLog().entries(limit: 10_000, in: $0) }.filter { $0.action == action }
    }

    /// Runs the queue until `isDone`.
    func working(
        handlers: [any JobHandler]? = nil,
        periodic: [PeriodicJob] = [],
        until isDone: @escaping @Sendable () async throws -> Bool
    ) async throws {
        let worker = try Worker(
            database: database,
            handlers: handlers ?? vault.handlers,
            retry: Jobs.RetryPolicy(base: .milliseconds(20), cap: .milliseconds(50)),
            periodic: periodic,
            logger: .none
        )
        try await within(.seconds(60), "the jobs' end") {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                while try await !isDone() { try await Task.sleep(for: .milliseconds(10)) }
                worker.shutDown()
                try await group.waitForAll()
            }
        }
    }
}
