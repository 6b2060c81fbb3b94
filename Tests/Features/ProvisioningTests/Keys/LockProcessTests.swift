import Domain
import FoundationEssentials
import Sealing
import StateVault
import TestKit
import Testing

/// Locks held by other processes, which are stopped and killed.
@Suite struct `A lock that another process holds` {
    private func go(_ vault: KeyVault, _ id: String) throws { try Data().write(to: URL(filePath: "\(vault.folder)/go-\(id)")) }

    @Test(arguments: TestDatabase.allCases, [false, true])
    func `A holder that slept past its lease writes nothing when it wakes up`(kind: TestDatabase, withRedis: Bool) async throws {
        if withRedis, try !RequiredTool.redis.isPresent() { try Test.cancel("redis-server is missing: \(RequiredTool.redis.remedy)") }
        let redis = withRedis ? try await ThrowawayRedis() : nil
        try await KeyVault.with(kind) { vault in
            let url = redis.map { [$0.url()] } ?? []
            let first = try hold(vault, "a", 1500, "yes", url)
            _ = try await first.line("held")
            first.pause()
            // Waits for the end of the lease, and no longer.
            let start = ContinuousClock.now
            let second = try hold(vault, "b", 60_000, "yes", url)
            _ = try await second.line("held", limit: .seconds(30))
            #expect(.now - start < .seconds(25))
            let before = try await vault.vault.versions(of: DeploymentID(rawValue: 1))
            try go(vault, "a")
            first.resume()
            #expect(try await first.end().suffix(2) == ["refused", "not held any more"])
            #expect(try await vault.vault.versions(of: DeploymentID(rawValue: 1)) == before)
            try go(vault, "b")
            #expect(try await second.end().suffix(2) == ["stored", "released"])
            #expect(try await vault.vault.versions(of: DeploymentID(rawValue: 1)).count == before.count + 1)
        }
        try await redis?.remove()
    }

    @Test(arguments: TestDatabase.allCases)
    func `One that was killed holds others up for a lease at most, one that lives for as long as it lives`(kind: TestDatabase) async throws
    {
        try await KeyVault.with(kind) { vault in
            let locks = StateLocks(vault: vault.vault)
            let mine = LockRequest(DeploymentID(rawValue: 1), id: "mine", holder: "me", reason: "test")
            let process = try hold(vault, "a", 2000, "yes", [])
            _ = try await process.line("held")
            let error = await #expect(throws: VaultError.self) { try await locks.take(mine, waiting: LockWait(limit: .seconds(5))) }
            #expect(error.map { "\($0)".contains("process a") } == true)
            await process.kill()
            let start = ContinuousClock.now
            let lock = try await locks.take(mine, waiting: LockWait(limit: .seconds(30)))
            #expect(lock.id == "mine" && .now - start < .seconds(15))
        }
    }

    @Test func `Many processes add keys at once, and none is lost`() async throws {
        try await KeyVault.with(.sqlite) { vault in
            let processes = try (0..<4).map { try KeyProcess("add", vault.location, folder: vault.folder, "12", "p\($0)") }
            for number in 0..<12 { _ = try await vault.store.add(name: "own-\(number)", protection: .plain) }
            var expected = Set((0..<12).map { "own-\($0)" })
            for (index, process) in processes.enumerated() {
                #expect(try await process.end().count == 12)
                expected.formUnion((0..<12).map { "p\(index)-\($0)" })
            }
            #expect(Set(try vault.store.list().map(\.name)).isSuperset(of: expected))
            #expect(try vault.store.list().count == 61)
            #expect(vault.keyring.keyNames.count == 61)
            try await vault.expectWhole()
        }
    }

    private func hold(_ vault: KeyVault, _ id: String, _ lifetime: Int, _ beats: String, _ redis: [String]) throws -> KeyProcess {
        try KeyProcess("hold", vault.location, folder: vault.folder, arguments: [id, "\(lifetime)", beats] + redis)
    }
}
