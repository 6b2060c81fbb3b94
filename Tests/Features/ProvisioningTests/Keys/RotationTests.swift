import Audit
import Domain
import FoundationEssentials
import Sealing
import StateVault
import Storage
import TestKit
import Testing

@testable import Provisioning

@Suite struct `Rotation of keys` {
    @Test(arguments: TestDatabase.allCases)
    func `Everything that is sealed is wrapped anew, and says the same`(kind: TestDatabase) async throws {
        try await KeyVault.with(kind) { vault in
            let old = vault.keyring.activeKeyName
            let before = try await vault.uses()
            #expect(before.keys == [old])
            #expect(before.byKey[old]?.count == 8, "\(before)")
            let new = try await vault.store.add(name: String(repeating: "n", count: 64), protection: .plain)
            try await vault.store.activate(new)
            let report = try await vault.rotation().run(to: new)
            #expect(report.failures.isEmpty && report.lost.isEmpty)
            #expect(report.done == before.total(of: old))
            let after = try await vault.uses()
            #expect(after.keys == [new] && after.byKey[new] == before.byKey[old])
            try await vault.retirement.retire(old, by: "test", now: Date())
            // Nothing but the new key.
            let keyring = try Keyring.open(folder: vault.folder, environment: [:])
            #expect(keyring.keyNames == [new] && vault.keyring.keyNames == [new])
            try await vault.expectWholeWithBackups(with: keyring)
            #expect(try await vault.rotation().run(to: new).done == 0)
            let sizes = try await vault.database.read { transaction in
                try transaction.rows("SELECT sealed_size_bytes AS said, length(state_file) AS actual FROM terraform_state_versions")
                    .map { (try $0.value("said", as: Int.self), try $0.value("actual", as: Int.self)) }
            }
            #expect(sizes.allSatisfy { $0.0 == $0.1 })
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Readers and writers go on meanwhile`(kind: TestDatabase) async throws {
        try await KeyVault.with(kind) { vault in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        while !Task.isCancelled { try await vault.expectWhole() }
                    }
                }
                group.addTask {
                    let credentials = CredentialStore(database: vault.database, keyring: vault.keyring)
                    while !Task.isCancelled {
                        try await credentials.add(
                            name: "c2",
                            provider: "x",
                            values: ["K": "v"],
                            organization: "acme",
                            by: Author("anna@laptop"),
                            now: Date()
                        )
                        #expect(try await credentials.values(name: "c2", organization: "acme") == ["K": "v"])
                    }
                }
                var last = vault.keyring.activeKeyName
                for round in 0..<5 {
                    let new = try await vault.store.add(name: "round-\(round)", protection: .plain)
                    try await vault.store.activate(new)
                    let report = try await vault.rotation().run(to: new)
                    #expect(report.failures.isEmpty && report.lost.isEmpty)
                    // What was sealed with the old key while that was found out.
                    _ = try await vault.rotation().run(to: new)
                    try await vault.retirement.retire(last, by: "test", now: Date())
                    last = new
                }
                group.cancelAll()
                try await group.waitForAll()
            }
            try await vault.expectWhole()
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Killed at random moments, it loses nothing and goes on where it was`(kind: TestDatabase) async throws {
        try await KeyVault.with(kind) { vault in
            var kills = 0
            for round in 0..<50 {
                let new = try await vault.store.add(name: "round-\(round)", protection: .plain)
                let process = try KeyProcess("rotate", vault.location, folder: vault.folder, new)
                _ = try await process.line("begun")
                // Sometimes before the first batch, sometimes after the last one.
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...120)))
                if !process.hasEnded { kills += 1 }
                await process.kill()
                try await vault.expectWhole()
                if round % 5 == 4 {
                    let report = try await vault.rotation().run(to: new)
                    #expect(report.failures.isEmpty && report.lost.isEmpty)
                    #expect(try await vault.uses().keys == [new])
                    for name in vault.keyring.keyNames.dropFirst() { try await vault.retirement.retire(name, by: "test", now: Date()) }
                    try await vault.expectWholeWithBackups()
                }
            }
            #expect(kills >= 20)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A damaged message is named, and holds up no other`(kind: TestDatabase) async throws {
        try await KeyVault.with(kind) { vault in
            let old = vault.keyring.activeKeyName
            let sealed = try await vault.database.read { try $0.first("SELECT sealed_values FROM cloud_provider_credentials") }
            var bytes: [UInt8] = try #require(sealed).value("sealed_values")
            bytes[30] ^= 1
            let damaged = bytes
            try await vault.database.write { try $0.execute("UPDATE cloud_provider_credentials SET sealed_values = \(damaged)") }
            let new = try await vault.store.add(protection: .plain)
            try await vault.store.activate(new)
            let report = try await vault.rotation().run(to: new)
            #expect(report.failures.count == 1 && report.failures[0].contains("credential/acme/c1"))
            let uses = try await vault.uses()
            #expect(uses.byKey[old] == ["credential": 1])
            let refusal = KeyRetirement.Refusal.used(old, count: 1, what: "1 credential")
            await #expect(throws: refusal) { try await vault.retirement.retire(old, by: "test", now: Date()) }
            #expect(vault.keyring.keyNames.contains(old))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A lost key is named with what it would open`(kind: TestDatabase) async throws {
        try await KeyVault.with(kind) { vault in
            let lost = vault.keyring.activeKeyName
            let keyring = try Keyring.temporary()
            let report = try await vault.rotation(keyring: keyring).run(to: keyring.activeKeyName)
            #expect(report.done == 0)
            let what = try #require(report.lost[lost])
            #expect(what.contains("6 state versions") && what.contains("1 credential") && what.contains("6 backups"))
            let error = await #expect(throws: VaultError.self) {
                try await StateVault(database: vault.database, keyring: keyring).load(DeploymentID(rawValue: 1))
            }
            #expect(error.map { "\($0)".contains(lost) } == true)
            await #expect(throws: SealingError(.unknownKey("none"))) { try await vault.rotation().run(to: "none") }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A backup that is missing or damaged is asked for anew`(kind: TestDatabase) async throws {
        try await KeyVault.with(kind) { vault in
            let old = vault.keyring.activeKeyName
            let folder = "\(vault.folder)/backups/terraform-states/org-1/deployment-1"
            try FileManager.default.removeItem(atPath: "\(folder)/v1-state.sealed")
            try Data([1, 2, 3]).write(to: URL(filePath: "\(folder)/v2-state.sealed"))
            let new = try await vault.store.add(protection: .plain)
            try await vault.store.activate(new)
            let report = try await vault.rotation().run(to: new)
            #expect(report.failures.isEmpty)
            let pending = try await vault.database.read { try vault.vault.backlog(in: $0).pending }
            #expect(pending == 2)
            for version in [1, 2] { try await vault.vault.backUp(DeploymentID(rawValue: 1), version: version) }
            try await vault.retirement.retire(old, by: "test", now: Date())
            try await vault.expectWholeWithBackups()
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A key is retired only when nothing uses it, and a late writer is refused`(kind: TestDatabase) async throws {
        try await KeyVault.with(kind) { vault in
            let old = vault.keyring.activeKeyName
            // A worker that never looks at the file again.
            let bytes = try String(contentsOf: URL(filePath: "\(vault.folder)/keyring"), encoding: .utf8)
            let line = try #require(bytes.split(separator: "\n").last).split(separator: " ")
            let late = try Keyring.open(folder: "", environment: ["SLIPWAY_KEYS": "\(old):\(line[3])"])
            let retire = { @Sendable name in try await vault.retirement.retire(name, by: "test", now: Date()) }
            await #expect(throws: KeyRetirement.Refusal.active(old)) { try await retire(old) }
            await #expect(throws: KeyRetirement.Refusal.unknown("none", place: vault.store.place)) { try await retire("none") }
            let new = try await vault.store.add(protection: .plain)
            try await vault.store.activate(new)
            let error = await #expect(throws: KeyRetirement.Refusal.self) { try await retire(old) }
            guard case .used(old, let count, let what)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(count == 18 && what.contains("6 backups"), "\(count): \(what)")
            _ = try await vault.rotation().run(to: new)
            try await retire(old)
            let store = CredentialStore(database: vault.database, keyring: late)
            for name in ["c1", "c9"] {
                let refused = await #expect(throws: StorageError.self) {
                    try await store.add(
                        name: name,
                        provider: "x",
                        values: ["K": "v"],
                        organization: "acme",
                        by: Author("anna@laptop"),
                        now: Date()
                    )
                }
                guard case .constraint? = refused?.reason else {
                    Issue.record("\(String(describing: refused))")
                    return
                }
            }
            let lateVault = StateVault(database: vault.database, keyring: late)
            await #expect(throws: VaultError.self) {
                try await lateVault.save(
                    KeyVault.state(7),
                    for: DeploymentID(rawValue: 1),
                    as: .final,
                    fence: Fence(rawValue: 1),
                    job: nil,
                    author: "late"
                )
            }
            try await vault.expectWhole()
        }
    }
}
