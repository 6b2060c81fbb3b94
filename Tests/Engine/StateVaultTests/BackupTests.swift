import Domain
import FoundationEssentials
import Jobs
import Remote
import Sealing
import StateVault
import Storage
import TestKit
import Testing

@Suite struct `Backups` {
    @Test(arguments: TestDatabase.allCases, BackupKind.allCases)
    func `Each final version's job writes it, sealed and verified`(kind: TestDatabase, place: BackupKind) async throws {
        try await kind.withBackups(place) { fixture, store in
            for serial in 1...3 { _ = try await fixture.save(SampleState.json(serial: serial, resources: 20)) }
            let waiting = try await fixture.database.read { try fixture.vault.backlog(in: $0) }
            #expect(waiting.pending == 3 && waiting.failed == 0 && waiting.oldest != nil && waiting.lastError == nil)
            try await fixture.working { try await fixture.database.read { try fixture.vault.backlog(in: $0) }.pending == 0 }
            for version in 1...3 {
                let facts = try #require(try await fixture.facts(version))
                #expect(facts.backupStatus == .stored && facts.backupVerifiedAt != nil && facts.backupError == nil)
                #expect(facts.backupPath == VaultFixture.key(version))
                #expect(facts.backupKeyName == fixture.keyring.activeKeyName)
                let bytes = try await store.bytes(VaultFixture.key(version))
                #expect(bytes.starts(with: Array("SLIPBAK\0".utf8)))
                #expect(Data(bytes).firstRange(of: Data("acme".utf8)) == nil)
                #expect(Data(bytes).firstRange(of: Data(SampleState.secret.utf8)) == nil)
            }
            let jobs = try await fixture.database.read { try JobStore().jobs(in: $0) }
            #expect(jobs.count == 3 && jobs.allSatisfy { $0.kind == "state-backup" && $0.queue == .maintenance && $0.status == .completed })
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A save that is refused queues nothing`(kind: TestDatabase) async throws {
        try await kind.withBackups { fixture, _ in
            struct Lost: Error {}
            _ = await reason { try await fixture.save(SampleState.json(serial: 1)) { _ in throw Lost() } }
            _ = try await fixture.save(SampleState.json(serial: 1), as: .intermediate, job: "a")
            #expect(try await fixture.database.read { try JobStore().jobs(in: $0) }.isEmpty)
            #expect(try await fixture.database.read { try fixture.vault.backlog(in: $0) }.pending == 0)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A store that is away delays backups, and no save`(kind: TestDatabase) async throws {
        try await kind.withBackups { fixture, store in
            store.goAway()
            _ = try await fixture.save(SampleState.json(serial: 1))
            try await fixture.working {
                try await fixture.database.read { try fixture.vault.backlog(in: $0) }.lastError != nil
            }
            let job = try #require(try await fixture.database.read { try JobStore().jobs(in: $0) }.first)
            #expect(job.maximumAttempts >= 20 && !job.status.isFinal)
            let backlog = try await fixture.database.read { try fixture.vault.backlog(in: $0) }
            #expect(backlog.pending == 1 && backlog.lastError?.contains("can't be reached") == true)
            _ = try await fixture.save(SampleState.json(serial: 2))
            store.goAway(false)
            try await fixture.working { try await fixture.database.read { try fixture.vault.backlog(in: $0) }.pending == 0 }
            #expect(try await fixture.facts(1)?.backupError == nil)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A version that is replaced while it is written gets its last content's backup`(kind: TestDatabase) async throws {
        try await kind.withBackups { fixture, store in
            let last = SampleState.json(serial: 2, note: "final")
            _ = try await fixture.save(SampleState.json(serial: 1), as: .intermediate, job: "a")
            store.beforePut { _ in
                store.beforePut(nil)
                _ = try await fixture.save(last, job: "a")
            }
            try await fixture.vault.backUp(fixture.first, version: 1)
            #expect(try await fixture.facts(1)?.backupStatus == .stored)
            try await fixture.setSealedBytes([1, 2, 3])
            #expect(try await fixture.vault.load(fixture.first)?.bytes == last)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A damaged row never becomes a backup`(kind: TestDatabase) async throws {
        try await kind.withBackups { fixture, store in
            _ = try await fixture.save(SampleState.json(serial: 1))
            let sealed = try await fixture.sealedBytes()
            try await fixture.setSealedBytes(Array(sealed.dropLast()))
            #expect(await lost { try await fixture.vault.backUp(fixture.first, version: 1) } != nil)
            #expect(try await !store.exists(VaultFixture.key(1)))
        }
    }

    @Test func `A store that can't say what it has is not written over`() async throws {
        try await TestDatabase.sqlite.withBackups { fixture, store in
            _ = try await fixture.save(SampleState.json(serial: 1))
            try await store.overwrite(VaultFixture.key(1), [1, 2, 3])
            store.refuseReads()
            await #expect(throws: VaultError.self) { try await fixture.vault.backUp(fixture.first, version: 1) }
            #expect(try await store.bytes(VaultFixture.key(1)) == [1, 2, 3])
            #expect(await reason { try await fixture.vault.findBackups() } == nil)
        }
    }

    @Test func `Another history's backup is put aside, not overwritten`() async throws {
        try await BackupKind.folder.with { store in
            let place = BackupPlace(store)
            var old: VaultFixture?
            try await TestDatabase.sqlite.withVault(backups: place) { fixture in
                try await fixture.saveBackedUp(1...2)
                old = fixture
            }
            let keyring = try #require(old).keyring
            let before = try await store.bytes(VaultFixture.key(1))
            try await TestDatabase.sqlite.withVault { fixture in
                let vault = StateVault(database: fixture.database, keyring: keyring, backups: place)
                let state = SampleState.json(serial: 1, lineage: "begun-anew")
                _ = try await vault.save(state, for: fixture.first, as: .final, fence: Fence(rawValue: 1), job: nil, author: "ada")
                try await vault.backUp(fixture.first, version: 1)
                #expect(try await store.bytes(VaultFixture.key(1)) != before)
                let aside = "displaced-states/\(SHA256.hex(before).prefix(16))/\(VaultFixture.key(1))"
                #expect(try await store.bytes(aside) == before)
            }
        }
    }
}
