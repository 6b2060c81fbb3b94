import Domain
import FoundationEssentials
import Host
import Remote
import Sealing
import StateVault
import Storage
import TestKit
import Testing

@Suite struct `A killed process` {
    /// kill -9 at a random moment of saving, backing up, restoring, going back and pruning, again and again on one vault.
    @Test(arguments: [(TestDatabase.sqlite, 140), (.postgres, 60)])
    func `Loses no version, and leaves none half there`(kind: TestDatabase, rounds: Int) async throws {
        try await withHeldVault(kind) { fixture, vault, store, folder in
            var acknowledged: [Int: String] = [:]
            for round in 0..<rounds {
                let holder = try HolderProcess("churn", fixture.location, backups: folder, "\(round)")
                let first = Int.random(in: 1...6)
                try await within(.seconds(60), "the holder's words") {
                    while holder.lines.count < first, !holder.hasEnded { try await Task.sleep(for: .milliseconds(1)) }
                }
                try await Task.sleep(for: .microseconds(Int.random(in: 0...20_000)))
                try #require(!holder.hasEnded, "\(holder.lines.first { $0.first != "saved" } ?? [])")
                await holder.kill()
                for line in holder.lines {
                    #expect(line.first == "saved", "\(line)")
                    if line.count == 3, let version = Int(line[1]) { acknowledged[version] = line[2] }
                }
                _ = try await vault.forceUnlock(fixture.first)
                let versions = try await vault.versions(of: fixture.first, limit: 1000)
                let newest = try #require(versions.first?.version)
                #expect(versions.map(\.version) == Array((newest - versions.count + 1...newest).reversed()), "gapless")
                for (version, checksum) in acknowledged {
                    if let facts = versions.first(where: { $0.version == version }) {
                        #expect(facts.checksum == checksum)
                        let loaded = try await vault.load(fixture.first, version: version)
                        if loaded == nil {
                            // A database's own process goes on with a statement whose client was killed: a removal that it
                            // was told of may be committed only now. What retention keeps must be there all the same.
                            #expect(version <= newest - 6, "version \(version) of \(newest) can't be read")
                            let now = try await vault.versions(of: fixture.first, limit: 1000)
                            #expect(!now.contains { $0.version == version && $0.prunedAt == nil })
                            acknowledged[version] = nil
                        } else {
                            #expect(loaded?.version.checksum == checksum)
                        }
                    } else {
                        #expect(version <= newest - 6, "version \(version) of \(newest) is lost")
                        acknowledged[version] = nil
                    }
                }
            }
            // What was begun is finished: no mark, no backup without a row, no row without a backup.
            _ = try await vault.prune(author: "test") { _ in RetentionPolicy(versions: 6, days: 0) }
            #expect(try await vault.verify().isGood)
            let left = try await vault.versions(of: fixture.first, limit: 1000)
            #expect(left.allSatisfy { $0.backupStatus == .stored && $0.prunedAt == nil })
            var keys: Set<String> = []
            try await store.forEach(prefix: "terraform-states/") { keys.insert($0.key.text) }
            #expect(keys == Set(left.map { VaultFixture.key($0.version) }))
            #expect(acknowledged.count >= 3)
        }
    }
}

/// A vault whose keys the helper processes have, too.
func withHeldVault(
    _ kind: TestDatabase,
    _ body: (VaultFixture, StateVault, FolderStore, String) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let store = try await FolderStore.open(folder.path)
    let keyring = try Keyring.open(folder: folder.path, environment: ["SLIPWAY_KEYS": HolderProcess.key])
    try await kind.withVault { fixture in
        let vault = StateVault(database: fixture.database, keyring: keyring, backups: BackupPlace(store))
        try await body(fixture, vault, store, folder.path)
    }
}
