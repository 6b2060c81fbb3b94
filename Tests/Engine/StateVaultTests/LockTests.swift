import Domain
import FoundationEssentials
import StateVault
import Storage
import Synchronization
import TestKit
import Testing

@Suite struct `The lock of a state` {
    @Test(arguments: TestDatabase.allCases)
    func `Is held by one, named to the others, and released by its id`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let vault = fixture.vault
            let info = #"{"ID":"l1","Who":"ada@laptop"}"#
            let lock = try await vault.lock(fixture.first, id: "l1", holder: "ada@laptop", reason: "OperationTypeApply", info: info)
            #expect(lock.id == "l1" && lock.holder == "ada@laptop" && lock.info == info && lock.expiresAt == nil)
            #expect(try await vault.currentLock(of: fixture.first) == lock)
            let error = await #expect(throws: VaultError.self) {
                try await vault.lock(fixture.first, id: "l2", holder: "bob", reason: "plan")
            }
            #expect(error?.reason == .locked(lock))
            #expect(error.map { "\($0)".contains("ada@laptop") && "\($0)".contains("OperationTypeApply") } == true)
            #expect(try await vault.lock(fixture.second, id: "l2", holder: "bob", reason: "plan").holder == "bob")
            #expect(await reason { try await vault.unlock(fixture.first, id: "l2") } == .lockNotHeld(id: "l2", current: lock))
            try await vault.unlock(fixture.first, id: "l1")
            #expect(try await vault.currentLock(of: fixture.first) == nil)
            #expect(await reason { try await vault.unlock(fixture.first, id: "l1") } == .lockNotHeld(id: "l1", current: nil))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Is taken by exactly one of many`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let winners = await withTaskGroup(of: Bool.self) { group in
                for holder in 0..<20 {
                    group.addTask {
                        await reason { try await fixture.vault.lock(fixture.first, id: "l\(holder)", holder: "h\(holder)", reason: "race") }
                            == nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Expires unless it is renewed, and is then free`(kind: TestDatabase) async throws {
        let clock = Mutex(Date(timeIntervalSince1970: 1_000_000))
        try await kind.withVault(now: { clock.withLock { $0 } }) { fixture in
            let vault = fixture.vault
            let first = try await vault.lock(fixture.first, id: "l1", holder: "ada", reason: "apply", lifetime: .seconds(60))
            #expect(first.expiresAt == Date(timeIntervalSince1970: 1_000_060))
            clock.withLock { $0 += 50 }
            let renewed = try await vault.lock(fixture.first, id: "l1", holder: "ada", reason: "apply", lifetime: .seconds(60))
            #expect(renewed.createdAt == first.createdAt)
            clock.withLock { $0 += 59 }
            #expect(await reason { try await vault.lock(fixture.first, id: "l2", holder: "bob", reason: "plan") } == .locked(renewed))
            clock.withLock { $0 += 1 }
            #expect(try await vault.currentLock(of: fixture.first) == nil)
            let taken = try await vault.lock(fixture.first, id: "l2", holder: "bob", reason: "plan")
            #expect(taken.createdAt == Date(timeIntervalSince1970: 1_000_110))
            #expect(await reason { try await vault.unlock(fixture.first, id: "l1") } == .lockNotHeld(id: "l1", current: taken))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Is ended by force, and says whose it was`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let lock = try await fixture.vault.lock(fixture.first, id: "l1", holder: "ada", reason: "apply")
            #expect(try await fixture.vault.forceUnlock(fixture.first) == lock)
            #expect(try await fixture.vault.forceUnlock(fixture.first) == nil)
            #expect(try await fixture.vault.currentLock(of: fixture.first) == nil)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Claims the fence that comes with it`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let vault = fixture.vault
            let lock = try await vault.lock(fixture.first, id: "l1", holder: "ada", reason: "apply", fence: Fence(rawValue: 9))
            #expect(lock.fence.rawValue == 9)
            let stale = VaultError.Reason.staleFence(stored: Fence(rawValue: 9), offered: Fence(rawValue: 8))
            #expect(await reason { try await fixture.save(SampleState.json(serial: 1), fence: 8) } == stale)
            let late = await reason {
                try await vault.lock(fixture.first, id: "l1", holder: "late", reason: "apply", fence: Fence(rawValue: 8))
            }
            #expect(late == stale)
            let unknown = DeploymentID(rawValue: 99)
            #expect(await reason { try await vault.lock(unknown, id: "l", holder: "h", reason: "r") } == .noDeployment(unknown))
        }
    }
}
