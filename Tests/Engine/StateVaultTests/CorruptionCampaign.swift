import Audit
import Domain
import FoundationEssentials
import Remote
import Sealing
import StateVault
import Storage
import TestKit
import Testing

@Suite struct `Random damages` {
    /// What the campaign puts back after each damage.
    private struct Original: Sendable {
        let deployment: DeploymentID
        let version: Int
        let bytes: [UInt8]
        let sealed: [UInt8]
        let facts: StateVersion
        let backup: [UInt8]
        var key: String { VaultFixture.key(version, of: deployment.rawValue) }
    }

    private enum Damage: CaseIterable {
        case flippedBits, truncated, otherHeader, otherBytes, swappedContents, swappedRows, lostRow, wrongChecksum, wrongSize
    }

    private enum BackupDamage: CaseIterable {
        case flippedBits, truncated, otherHeader, otherBackup, deleted
    }

    @Test(arguments: [(TestDatabase.sqlite, BackupKind.folder, 1000), (.postgres, .folder, 300), (.sqlite, .s3, 200)])
    func `Each is noticed, what can be recovered is, and nothing wrong is returned`(
        kind: TestDatabase,
        place: BackupKind,
        rounds: Int
    ) async throws {
        var random = SplitMix(state: 20_251_120)
        try await kind.withBackups(place) { fixture, store in
            let originals = try await prepare(fixture, store)
            var (recovered, refused, rewritten) = (0, 0, 0)
            for round in 0..<rounds {
                let victim = try #require(originals.randomElement(using: &random))
                let hitsRow = Int.random(in: 0..<3, using: &random) > 0
                let hitsBackup = !hitsRow || Int.random(in: 0..<4, using: &random) == 0
                let other = try #require(originals.filter { $0.key != victim.key }.randomElement(using: &random))
                var hit: Set<String> = []
                var what = "round \(round), \(victim.key)"
                if hitsRow, let damage = Damage.allCases.randomElement(using: &random) {
                    hit = try await apply(damage, to: victim, other, fixture, &random)
                    what += ", row: \(damage)"
                }
                if hitsBackup, let damage = BackupDamage.allCases.randomElement(using: &random) {
                    try await apply(damage, to: victim, other, store, &random)
                    what += ", backup: \(damage)"
                }
                if hitsRow, hitsBackup {
                    // Nothing is left of it: refused, and what else was hit comes back.
                    #expect(await lost { try await fixture.vault.load(victim.deployment, version: victim.version) } != nil, "\(what)")
                    refused += 1
                    hit.remove(victim.key)
                }
                if hitsRow {
                    let audits = try await fixture.audited("state.restored").count
                    for original in originals where hit.contains(original.key) {
                        let loaded = try await fixture.vault.load(original.deployment, version: original.version)
                        #expect(loaded?.bytes == original.bytes && loaded?.version.checksum == original.facts.checksum, "\(what)")
                        #expect(loaded?.version.createdAt == original.facts.createdAt, "\(what)")
                    }
                    #expect(try await fixture.audited("state.restored").count == audits + hit.count, "\(what)")
                    recovered += hit.count
                } else {
                    let report = try await fixture.vault.verify(.deployment(victim.deployment))
                    #expect(report.findings.map(\.version) == [victim.version], "\(what)")
                    #expect(report.findings.map(\.outcome) == [.backupRewritten], "\(what)")
                    rewritten += 1
                }
                try await heal(originals.filter { hit.contains($0.key) || $0.key == victim.key }, fixture, store)
            }
            for original in originals {
                #expect(try await fixture.vault.load(original.deployment, version: original.version)?.bytes == original.bytes)
            }
            #expect(try await fixture.vault.verify().findings.isEmpty)
            print("\(rounds) damages on \(kind), \(place): \(recovered) rows recovered, \(refused) refused, \(rewritten) backups rewritten")
            #expect(recovered > rounds / 3 && refused > rounds / 20 && rewritten > rounds / 5)
        }
    }

    // MARK: - Details

    private func prepare(_ fixture: VaultFixture, _ store: TestBackups) async throws -> [Original] {
        var originals: [Original] = []
        for deployment in [fixture.first, fixture.second] {
            for version in 1...5 {
                let state = SampleState.json(serial: version, resources: version * 4, note: "\(deployment)", padding: version * 100)
                _ = try await fixture.save(state, to: deployment)
                try await fixture.vault.backUp(deployment, version: version)
            }
            for version in 1...5 {
                let facts = try #require(try await fixture.facts(version, of: deployment))
                let row = try await fixture.database.read { transaction in
                    try transaction.first(
                        """
                        SELECT state_file FROM terraform_state_versions
                        WHERE terraform_deployment_id = \(deployment) AND version = \(version)
                        """
                    )?.value("state_file", as: [UInt8].self)
                }
                originals.append(
                    Original(
                        deployment: deployment,
                        version: version,
                        bytes: try #require(try await fixture.vault.load(deployment, version: version)).bytes,
                        sealed: try #require(row),
                        facts: facts,
                        backup: try await store.bytes(VaultFixture.key(version, of: deployment.rawValue))
                    )
                )
            }
        }
        return originals
    }

    /// Damages a row, and says which versions are hit.
    private func apply(
        _ damage: Damage,
        to victim: Original,
        _ other: Original,
        _ fixture: VaultFixture,
        _ random: inout SplitMix
    ) async throws -> Set<String> {
        let place: SQL = "terraform_deployment_id = \(victim.deployment) AND version = \(victim.version)"
        let otherPlace: SQL = "terraform_deployment_id = \(other.deployment) AND version = \(other.version)"
        var statements: [SQL] = []
        var hit: Set<String> = [victim.key]
        func set(_ bytes: [UInt8]) { statements = ["UPDATE terraform_state_versions SET state_file = \(bytes) WHERE \(sql: place)"] }
        switch damage {
        case .flippedBits: set(flipped(victim.sealed, &random))
        case .truncated: set(Array(victim.sealed.prefix(Int.random(in: 0..<victim.sealed.count, using: &random))))
        case .otherHeader: set(Array(other.sealed.prefix(56)) + Array(victim.sealed.dropFirst(56)))
        case .otherBytes: set(other.sealed)
        case .swappedContents:
            hit.insert(other.key)
            for (one, facts) in [(place, other), (otherPlace, victim)] {
                statements.append(
                    """
                    UPDATE terraform_state_versions
                    SET state_file = \(facts.sealed), checksum = \(facts.facts.checksum), size_bytes = \(facts.facts.byteCount)
                    WHERE \(sql: one)
                    """
                )
            }
        case .swappedRows:
            hit.insert(other.key)
            let target = "SET terraform_deployment_id =" as SQL
            statements = [
                "UPDATE terraform_state_versions SET version = 1000 WHERE \(sql: place)",
                """
                UPDATE terraform_state_versions \(sql: target) \(victim.deployment), version = \(victim.version)
                WHERE \(sql: otherPlace)
                """,
                """
                UPDATE terraform_state_versions \(sql: target) \(other.deployment), version = \(other.version) WHERE version = 1000
                """,
            ]
        case .lostRow: statements = ["DELETE FROM terraform_state_versions WHERE \(sql: place)"]
        case .wrongChecksum:
            statements = ["UPDATE terraform_state_versions SET checksum = \(other.facts.checksum) WHERE \(sql: place)"]
        case .wrongSize: statements = ["UPDATE terraform_state_versions SET size_bytes = size_bytes + 1 WHERE \(sql: place)"]
        }
        let all = statements
        try await fixture.database.write { transaction in for statement in all { try transaction.execute(statement) } }
        return hit
    }

    private func apply(
        _ damage: BackupDamage,
        to victim: Original,
        _ other: Original,
        _ store: TestBackups,
        _ random: inout SplitMix
    ) async throws {
        switch damage {
        case .flippedBits: try await store.overwrite(victim.key, flipped(victim.backup, &random))
        case .truncated:
            try await store.overwrite(victim.key, Array(victim.backup.prefix(Int.random(in: 0..<victim.backup.count, using: &random))))
        case .otherHeader: try await store.overwrite(victim.key, Array(other.backup.prefix(150)) + Array(victim.backup.dropFirst(150)))
        case .otherBackup: try await store.overwrite(victim.key, other.backup)
        case .deleted: try await store.remove(victim.key)
        }
    }

    private func flipped(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var changed = bytes
        repeat {
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                changed[Int.random(in: 0..<changed.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        } while changed == bytes
        return changed
    }

    private func heal(_ originals: [Original], _ fixture: VaultFixture, _ store: TestBackups) async throws {
        for original in originals { try await store.overwrite(original.key, original.backup) }
        for original in originals { _ = try await fixture.vault.load(original.deployment, version: original.version) }
        // Sealed bytes as at first: a restored row holds the backup's, which are the same.
        for original in originals {
            try await fixture.database.write { transaction in
                try transaction.execute(
                    """
                    UPDATE terraform_state_versions SET state_file = \(original.sealed)
                    WHERE terraform_deployment_id = \(original.deployment) AND version = \(original.version)
                    """
                )
            }
        }
    }
}

/// A seeded source, so that a round that fails fails again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
