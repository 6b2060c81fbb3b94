import Audit
import Domain
import FoundationEssentials
import Remote
import StateVault
import Storage
import TestKit
import Testing

@Suite struct `Recovery` {
    @Test(arguments: TestDatabase.allCases, BackupKind.allCases)
    func `A damaged row comes back from its own backup, and the reader gets its bytes`(
        kind: TestDatabase,
        place: BackupKind
    ) async throws {
        try await kind.withBackups(place) { fixture, _ in
            try await fixture.saveBackedUp(1...3)
            let good = try #require(try await fixture.vault.load(fixture.first, version: 2))
            try await fixture.database.write { try $0.execute("UPDATE terraform_state_versions SET state_file = \([7, 7] as [UInt8])") }
            #expect(try await fixture.vault.load(fixture.first, version: 2)?.bytes == good.bytes)
            let restored = try #require(try await fixture.facts(2))
            #expect(restored.checksum == good.version.checksum && restored.createdAt == good.version.createdAt)
            #expect(restored.changeSummary == good.version.changeSummary && restored.author == good.version.author)
            let audited = try await fixture.audited("state.restored")
            #expect(audited.map(\.subject) == ["deployment:1/2"])
            // The row is whole again: the store is not asked any more.
            #expect(try await fixture.vault.load(fixture.first, version: 2)?.bytes == good.bytes)
            #expect(try await fixture.audited("state.restored").count == 1)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Lost and swapped rows come back, too`(kind: TestDatabase) async throws {
        try await kind.withBackups { fixture, _ in
            try await fixture.saveBackedUp(1...3)
            try await fixture.saveBackedUp(1...3, to: fixture.second)
            try await fixture.database.write { transaction in
                try transaction.execute("DELETE FROM terraform_state_versions WHERE terraform_deployment_id = 1 AND version IN (1, 3)")
                // Whole rows change places.
                for (old, new) in [(1, 100), (2, 1), (100, 2)] {
                    try transaction.execute(
                        "UPDATE terraform_state_versions SET version = \(new) WHERE terraform_deployment_id = 2 AND version = \(old)"
                    )
                }
            }
            for deployment in [fixture.first, fixture.second] {
                for version in 1...3 {
                    let expected = SampleState.json(serial: version, note: "\(deployment)/\(version)")
                    #expect(try await fixture.vault.load(deployment, version: version)?.bytes == expected)
                }
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Without a backup the error names the newest good version and what going back would lose`(kind: TestDatabase) async throws {
        try await kind.withBackups { fixture, store in
            try await fixture.saveBackedUp(1...2)
            _ = try await fixture.save(SampleState.json(serial: 3, resources: 4))
            for version in 2...3 {
                try await fixture.database.write { transaction in
                    try transaction.execute("UPDATE terraform_state_versions SET state_file = \([7] as [UInt8]) WHERE version = \(version)")
                }
            }
            try await store.overwrite(VaultFixture.key(2), [1, 2, 3])
            let gone = try #require(await lost { try await fixture.vault.load(fixture.first) })
            #expect(gone.version == 3 && gone.backup == "it has no backup" && gone.fallback?.version == 1)
            #expect(gone.lostChanges == ["2: +1 ~0 -0", "3: +1 ~0 -0"])
            #expect("\(gone)".contains("`slipway state rollback --project shop --to 1`"))
            #expect("\(gone)".contains("Terraform would not know 3 resources any more"))
            // Reading says so each time, the backlog since the walk that found it.
            #expect(try await fixture.vault.verify().findings.count == 2)
            let backlog = try await fixture.database.read { try fixture.vault.backlog(in: $0) }
            #expect(backlog.failed == 2 && backlog.lastError?.contains("is lost") == true)
            // The command works, in spite of the damage.
            let back = try await fixture.vault.rollback(fixture.first, to: 1, author: "ada")
            #expect(back.version == 4 && back.serial == 4)
            store.goAway()
            let away = try #require(await lost { try await fixture.vault.load(fixture.first, version: 3) })
            #expect(away.backup.contains("can't be reached") && away.isBackupAway && !gone.isBackupAway)
            #expect("\(away)".contains("can't be read until") && !"\(away)".contains("is lost"))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `An older content's backup is not passed off as the version`(kind: TestDatabase) async throws {
        try await kind.withBackups { fixture, store in
            _ = try await fixture.save(SampleState.json(serial: 1), as: .intermediate, job: "a")
            try await fixture.vault.backUp(fixture.first, version: 1)
            _ = try await fixture.save(SampleState.json(serial: 2), job: "a")
            try await fixture.setSealedBytes([1])
            #expect(await lost { try await fixture.vault.load(fixture.first) }?.backup == "its backup holds another content")
        }
    }

    @Test(arguments: TestDatabase.allCases, BackupKind.allCases)
    func `The walk through everything restores rows and writes backups anew`(kind: TestDatabase, place: BackupKind) async throws {
        try await kind.withBackups(place) { fixture, store in
            try await fixture.saveBackedUp(1...6)
            _ = try await fixture.save(SampleState.json(serial: 7))
            #expect(try await fixture.vault.verify().findings.isEmpty)
            try await fixture.database.write { transaction in
                try transaction.execute("UPDATE terraform_state_versions SET state_file = \([7] as [UInt8]) WHERE version = 2")
                try transaction.execute("DELETE FROM terraform_state_versions WHERE version = 3")
            }
            var damaged = try await store.bytes(VaultFixture.key(4))
            damaged[damaged.count / 2] ^= 1
            try await store.overwrite(VaultFixture.key(4), damaged)
            try await store.remove(VaultFixture.key(5))
            try await store.overwrite(VaultFixture.key(6), try await store.bytes(VaultFixture.key(1)))
            let report = try await fixture.vault.verify()
            #expect(report.versionsChecked == 7 && report.backupsAway == nil && report.isGood)
            #expect(report.findings.map(\.version) == [2, 3, 4, 5, 6])
            #expect(report.findings.map(\.outcome) == [.restored, .restored, .backupRewritten, .backupRewritten, .backupRewritten])
            #expect(try await fixture.vault.verify(.deployment(fixture.first)).findings.isEmpty)
            #expect(try await fixture.vault.verify(.deployment(fixture.second)).versionsChecked == 0)
            store.goAway()
            let away = try await fixture.vault.verify()
            #expect(away.backupsAway != nil && !away.isGood && away.versionsChecked == 7)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `The daily jobs come by themselves`(kind: TestDatabase) async throws {
        try await kind.withBackups { fixture, _ in
            _ = try await fixture.save(SampleState.json(serial: 1))
            try await fixture.working(periodic: StateVault.periodicJobs) {
                let done = try await fixture.database.read { try JobStoreKinds.completed(in: $0) }
                return done.isSuperset(of: ["state-backup", "state-verify", "state-prune"])
            }
        }
    }
}

private enum JobStoreKinds {
    static func completed(in transaction: Transaction) throws -> Set<String> {
        Set(try transaction.rows("SELECT kind FROM jobs WHERE status = 'completed'").map { try $0.value("kind") })
    }
}
