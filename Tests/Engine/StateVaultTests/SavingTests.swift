import Domain
import FoundationEssentials
import Sealing
import StateVault
import Storage
import TestKit
import Testing

@Suite struct `Saving a state` {
    @Test(arguments: TestDatabase.allCases)
    func `Stores it and gives the same bytes back`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let state = SampleState.json(serial: 3, resources: 40)
            let saved = try #require(try await fixture.save(state, fence: 7, job: "deploy-1"))
            #expect(saved.version == 1 && saved.serial == 3 && saved.lineage == SampleState.lineage)
            #expect(saved.resourceCount == 40 && saved.terraformVersion == "1.11.4")
            #expect(saved.byteCount == state.count && saved.checksum == SHA256.hex(state))
            #expect(saved.isCompressed && saved.sealedByteCount < state.count / 2)
            #expect(saved.isFinal && saved.fence.rawValue == 7 && saved.job?.rawValue == "deploy-1")
            #expect(saved.author == "ada" && saved.changeSummary == "+1 ~0 -0" && saved.keyName == fixture.keyring.activeKeyName)
            let loaded = try #require(try await fixture.vault.load(fixture.first))
            #expect(loaded.bytes == state)
            #expect(loaded.version == saved)
            #expect(try await fixture.vault.load(fixture.first, version: 1) == loaded)
            #expect(try await fixture.vault.load(fixture.first, version: 2) == nil)
            #expect(try await fixture.vault.load(fixture.second) == nil)
            try await fixture.expectDeployment(version: 1, serial: 3, checksum: SHA256.hex(state), fence: 7)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A stale fence is refused, whatever else is wrong`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            _ = try await fixture.save(SampleState.json(serial: 5), fence: 10)
            let stale = VaultError.Reason.staleFence(stored: Fence(rawValue: 10), offered: Fence(rawValue: 9))
            #expect(await reason { try await fixture.save(SampleState.json(serial: 6), fence: 9) } == stale)
            #expect(await reason { try await fixture.save(SampleState.json(serial: 6), fence: 9, force: true) } == stale)
            #expect(await reason { try await fixture.save(SampleState.json(serial: 5), fence: 9) } == stale)
            #expect(await reason { try await fixture.save(SampleState.json(serial: 1, lineage: "other"), fence: 9) } == stale)
            #expect(try await fixture.save(SampleState.json(serial: 6), fence: 10)?.version == 2)
            #expect(try await fixture.save(SampleState.json(serial: 7), fence: 12)?.version == 3)
            try await fixture.expectDeployment(version: 3, serial: 7, fence: 12)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A claimed deployment takes no state of an earlier holder`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let claim = { @Sendable (fence: Int64) async throws in
                try await fixture.database.write { try fixture.vault.claim(fixture.first, fence: Fence(rawValue: fence), in: $0) }
            }
            try await claim(4)
            try await claim(4)
            try await claim(8)
            let stale = VaultError.Reason.staleFence(stored: Fence(rawValue: 8), offered: Fence(rawValue: 4))
            #expect(await reason { try await claim(4) } == stale)
            #expect(await reason { try await fixture.save(SampleState.json(serial: 1), fence: 4) } == stale)
            #expect(try await fixture.vault.load(fixture.first) == nil)
            let unknown = DeploymentID(rawValue: 99)
            let nobody = await reason {
                try await fixture.database.write { try fixture.vault.claim(unknown, fence: Fence(rawValue: 1), in: $0) }
            }
            #expect(nobody == .noDeployment(unknown))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `The caller's own check refuses, and nothing is written`(kind: TestDatabase) async throws {
        struct LeaseLost: Error {}
        try await kind.withVault { fixture in
            let error = await #expect(throws: VaultError.self) {
                try await fixture.save(SampleState.json(serial: 1), fence: 3) { _ in throw LeaseLost() }
            }
            #expect(error?.reason == .refused)
            #expect(error?.cause is LeaseLost)
            #expect(try await fixture.vault.versions(of: fixture.first).isEmpty)
            try await fixture.expectDeployment(version: 0, serial: nil, fence: 0)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Unchanged bytes make no version`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            #expect(try await fixture.save(SampleState.json(serial: 1))?.version == 1)
            #expect(try await fixture.save(SampleState.json(serial: 1), fence: 5) == nil)
            #expect(try await fixture.save(SampleState.json(serial: 1), fence: 5, force: true) == nil)
            #expect(try await fixture.vault.versions(of: fixture.first).count == 1)
            try await fixture.expectDeployment(version: 1, serial: 1, fence: 5)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A lower serial, another lineage and a used serial are refused, unless forced`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            _ = try await fixture.save(SampleState.json(serial: 5))
            #expect(await reason { try await fixture.save(SampleState.json(serial: 4)) } == .lowerSerial(stored: 5, offered: 4))
            let other = SampleState.json(serial: 6, lineage: "another-stack")
            #expect(
                await reason { try await fixture.save(other) } == .otherLineage(stored: SampleState.lineage, offered: "another-stack")
            )
            #expect(await reason { try await fixture.save(SampleState.json(serial: 5, note: "b")) } == .serialReused(5))
            #expect(try await fixture.save(SampleState.json(serial: 5, note: "b"), force: true)?.version == 2)
            #expect(try await fixture.save(SampleState.json(serial: 4), force: true)?.version == 3)
            #expect(try await fixture.save(other, force: true)?.version == 4)
            #expect(try await fixture.vault.load(fixture.first)?.bytes == other)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `What checks found, in another order, is no change`(kind: TestDatabase) async throws {
        func state(_ checks: String, note: String = "") -> [UInt8] {
            SampleState.json(serial: 5, note: note).dropLast() + Array(",\"check_results\":[\(checks)]}".utf8)
        }
        let (one, two) = ("{\"config_addr\":\"check.a\"}", "{\"config_addr\":\"check.b\"}")
        try await kind.withVault { fixture in
            let first = state("\(one),\(two)")
            _ = try await fixture.save(first)
            #expect(try await fixture.save(state("\(two),\(one)"), fence: 2) == nil)
            #expect(await reason { try await fixture.save(state("\(two)", note: "b"), fence: 2) } == .serialReused(5))
            #expect(try await fixture.vault.load(fixture.first)?.bytes == first)
            try await fixture.expectDeployment(version: 1, serial: 5, fence: 2)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `An intermediate state gives its place to the same job's next one only`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            #expect(try await fixture.save(SampleState.json(serial: 1), job: "a")?.version == 1)
            #expect(try await fixture.save(SampleState.json(serial: 2), as: .intermediate, job: "b")?.version == 2)
            #expect(try await fixture.save(SampleState.json(serial: 2), as: .intermediate, job: "b") == nil)
            #expect(try await fixture.save(SampleState.json(serial: 3), as: .intermediate, job: "b")?.version == 2)
            // Terraform may rewrite the state within one serial.
            #expect(try await fixture.save(SampleState.json(serial: 3, note: "more"), as: .intermediate, job: "b")?.version == 2)
            #expect(await reason { try await fixture.save(SampleState.json(serial: 2), job: "b") } == .lowerSerial(stored: 3, offered: 2))
            // Another job leaves what a dead one had written.
            #expect(try await fixture.save(SampleState.json(serial: 4), as: .intermediate, job: "c")?.version == 3)
            #expect(try await fixture.save(SampleState.json(serial: 5), job: "c")?.version == 3)
            #expect(try await fixture.save(SampleState.json(serial: 6), job: "c")?.version == 4)
            let versions = try await fixture.vault.versions(of: fixture.first)
            #expect(versions.map(\.version) == [4, 3, 2, 1])
            #expect(versions.map(\.isFinal) == [true, true, false, true])
            #expect(versions.map(\.serial) == [6, 5, 3, 1])
            #expect(try await fixture.vault.load(fixture.first, version: 2)?.bytes == SampleState.json(serial: 3, note: "more"))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `The final state may have the intermediate one's bytes`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let state = SampleState.json(serial: 1)
            _ = try await fixture.save(state, as: .intermediate, job: "a")
            let finished = try #require(try await fixture.save(state, fence: 3, job: "a"))
            #expect(finished.version == 1 && finished.isFinal && finished.fence.rawValue == 3)
            #expect(try await fixture.save(state, fence: 3, job: "a") == nil)
            #expect(try await fixture.vault.load(fixture.first)?.bytes == state)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `What is no state is refused`(kind: TestDatabase) async throws {
        try await kind.withVault(limit: 5000) { fixture in
            let whole = SampleState.json(serial: 1)
            #expect(await reason { try await fixture.save(Array(whole.dropLast(20))) } == .torn)
            #expect(await reason { try await fixture.save([]) } == .torn)
            #expect(await reason { try await fixture.save(Array("{} x".utf8)) } == .malformed(offset: 3))
            #expect(await reason { try await fixture.save(Array("[1]".utf8)) } == .notAState(missing: "version"))
            #expect(await reason { try await fixture.save(Array(#"{"version":3}"#.utf8)) } == .unsupportedFormat(version: 3))
            let large = SampleState.json(serial: 1, padding: 5000)
            #expect(await reason { try await fixture.save(large) } == .tooLarge(size: large.count, limit: 5000))
            let unknown = DeploymentID(rawValue: 99)
            #expect(await reason { try await fixture.save(whole, to: unknown) } == .noDeployment(unknown))
            #expect(await reason { try await fixture.vault.load(unknown) } == .noDeployment(unknown))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A state of 20 MB goes in and comes out`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let state = SampleState.json(serial: 1, resources: 2000, padding: 10_000)
            #expect(state.count > 20_000_000)
            let saved = try await fixture.save(state)
            #expect(saved?.resourceCount == 2000)
            #expect(try await fixture.vault.load(fixture.first)?.bytes == state)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Versions come in pages, newest first`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            for serial in 1...7 { _ = try await fixture.save(SampleState.json(serial: serial)) }
            let page = try await fixture.vault.versions(of: fixture.first, limit: 3)
            #expect(page.map(\.version) == [7, 6, 5])
            #expect(try await fixture.vault.versions(of: fixture.first, before: 5, limit: 3).map(\.version) == [4, 3, 2])
            #expect(try await fixture.vault.versions(of: fixture.first, before: 2, limit: 3).map(\.version) == [1])
            #expect(try await fixture.vault.versions(of: fixture.second).isEmpty)
        }
    }
}

extension VaultFixture {
    func expectDeployment(version: Int, serial: Int64?, checksum: String? = nil, fence: Int64) async throws {
        let found = try await database.read { [first] transaction in
            try transaction.first(
                "SELECT state_version, state_serial, state_checksum, state_fence FROM terraform_deployments WHERE id = \(first)"
            )
        }
        let row = try #require(found)
        #expect(try row.value("state_version") == version)
        #expect(try row.value("state_serial", as: Int64?.self) == serial)
        #expect(try row.value("state_fence", as: Int64.self) == fence)
        if let checksum { #expect(try row.value("state_checksum") == checksum) }
    }
}
