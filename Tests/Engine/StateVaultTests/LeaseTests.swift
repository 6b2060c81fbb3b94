import Audit
import Domain
import FoundationEssentials
import Storage
import Synchronization
import TestKit
import Testing

@testable import StateVault

@Suite struct `The lease of a lock` {
    private func request(_ fixture: VaultFixture, _ id: String, lifetime: Duration = .seconds(60)) -> LockRequest {
        LockRequest(fixture.first, id: id, holder: "holder \(id)", reason: "test", lifetime: lifetime)
    }

    @Test(arguments: TestDatabase.allCases)
    func `Taking over one that is over shuts its holder out`(kind: TestDatabase) async throws {
        let clock = Mutex(Date(timeIntervalSince1970: 1_000_000))
        try await kind.withVault(now: { clock.withLock { $0 } }) { fixture in
            let locks = StateLocks(vault: fixture.vault)
            let first = try await locks.take(request(fixture, "a"))
            _ = try await fixture.save(SampleState.json(serial: 1), fence: first.fence.rawValue)
            clock.withLock { $0 += 61 }
            // Over, but nobody's yet: the holder may still come back.
            _ = try await fixture.save(SampleState.json(serial: 2), fence: first.fence.rawValue)
            try await fixture.vault.renew(fixture.first, id: "a", lifetime: .seconds(60))
            clock.withLock { $0 += 61 }
            let second = try await locks.take(request(fixture, "b"))
            #expect(second.fence > first.fence)
            let refused = await reason { try await fixture.save(SampleState.json(serial: 3), fence: first.fence.rawValue) }
            #expect(refused == .staleFence(stored: second.fence, offered: first.fence))
            let late = await reason { try await fixture.vault.renew(fixture.first, id: "a", lifetime: .seconds(60)) }
            #expect(late == .lockNotHeld(id: "a", current: second))
            _ = try await fixture.save(SampleState.json(serial: 3), fence: second.fence.rawValue)
            // The next job's fence is larger than any that a lock was given.
            let last = try await fixture.database.read { transaction in
                try transaction.first("SELECT last_fence FROM job_fences")?.value("last_fence", as: Int64.self)
            }
            #expect(last == second.fence.rawValue)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `One that a person ended is nobody's, and its holder is shut out by the next`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let locks = StateLocks(vault: fixture.vault)
            let first = try await locks.take(request(fixture, "a"))
            let ended = try await locks.end(fixture.first) { lock, transaction in
                try AuditLog().append("state.unlocked", of: lock.id, by: "ada", organization: nil, at: Date(), in: transaction)
            }
            #expect(ended == first)
            #expect(try await locks.end(fixture.first) == nil)
            #expect(try await fixture.vault.currentLock(of: fixture.first) == nil)
            let entries = try await fixture.database.read { try AuditLog().entries(in: $0) }
            #expect(entries.map(\.subject) == ["a"])
            let late = await reason { try await fixture.vault.renew(fixture.first, id: "a", lifetime: .seconds(1)) }
            #expect(late == .lockNotHeld(id: "a", current: nil))
            #expect(await reason { try await locks.release(fixture.first, id: "a") } == .lockNotHeld(id: "a", current: nil))
            _ = try await fixture.save(SampleState.json(serial: 1), fence: first.fence.rawValue)
            let second = try await locks.take(request(fixture, "b"))
            #expect(second.fence > first.fence)
            let refused = await reason { try await fixture.save(SampleState.json(serial: 2), fence: first.fence.rawValue) }
            #expect(refused == .staleFence(stored: second.fence, offered: first.fence))
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `An ending whose audit fails ends nothing`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let lock = try await StateLocks(vault: fixture.vault).take(request(fixture, "a"))
            await #expect(throws: VaultError.self) {
                try await fixture.vault.forceUnlock(fixture.first) { _, _ in throw CancellationError() }
            }
            #expect(try await fixture.vault.currentLock(of: fixture.first) == lock)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Heartbeats keep it longer than a lifetime`(kind: TestDatabase) async throws {
        // A clock that stands still: however slow the machine is, the lease is only as old as it says.
        let clock = Mutex(Date(timeIntervalSince1970: 1_000_000))
        try await kind.withVault(now: { clock.withLock { $0 } }) { fixture in
            let locks = StateLocks(vault: fixture.vault)
            try await locks.holding(request(fixture, "a", lifetime: .seconds(1))) { _ in
                for _ in 0..<4 {
                    let now = clock.withLock { clock in
                        clock += 0.75
                        return clock
                    }
                    try await within(.seconds(60), "a heartbeat") {
                        while try await fixture.vault.currentLock(of: fixture.first)?.expiresAt != now.addingTimeInterval(1) {
                            try await Task.sleep(for: .milliseconds(20))
                        }
                    }
                    let refused = await reason { try await locks.take(request(fixture, "b")) }
                    guard case .locked(let holder)? = refused else {
                        Issue.record("\(String(describing: refused))")
                        return
                    }
                    #expect(holder.holder == "holder a")
                }
            }
            // Released at the end of the body.
            #expect(try await locks.take(request(fixture, "b")).id == "b")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `A loss is told once, and the body goes on`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let locks = StateLocks(vault: fixture.vault)
            let mine = request(fixture, "a", lifetime: .milliseconds(300))
            _ = try await locks.take(mine)
            let losses = Mutex<[StateLock?]>([])
            try await locks.keeping(mine) { holder in
                losses.withLock { $0.append(holder) }
            } _: {
                try await locks.end(fixture.first)
                let other = try await locks.take(request(fixture, "b"))
                try await within {
                    while losses.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
                }
                // The heartbeat may have come between the two.
                #expect(losses.withLock { $0 == [other] || $0 == [nil] })
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Who waits gets it when it is released, or when the holder is dead for a lifetime`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            let locks = StateLocks(vault: fixture.vault)
            _ = try await locks.take(request(fixture, "a"))
            async let waiting = locks.take(request(fixture, "b", lifetime: .milliseconds(700)), waiting: LockWait(limit: .seconds(30)))
            try await locks.release(fixture.first, id: "a")
            #expect(try await waiting.id == "b")
            // b is dead: it never renews.
            let start = ContinuousClock.now
            let third = try await locks.take(request(fixture, "c"), waiting: LockWait(limit: .seconds(30)))
            #expect(third.id == "c" && .now - start < .seconds(20))
        }
    }

    @Test func `Pauses double up to a limit, and never go beyond the wait`() {
        let limits = [Duration.milliseconds(10), .seconds(60)]
        for limit in limits {
            for jitter in [0, 0.5, 1] {
                var waited = Duration.zero
                var attempt = 0
                while let pause = LockWait(limit: limit).pause(after: attempt, waited: waited, jitter: jitter) {
                    let full = min(Duration.milliseconds(100) * (1 << attempt), .seconds(5))
                    #expect(pause <= full && (pause >= full * 0.5 || waited + pause == limit))
                    waited += pause
                    attempt += 1
                }
                #expect(waited == limit)
            }
        }
        #expect(LockWait.none.pause(after: 0, waited: .zero, jitter: 1) == nil)
    }
}
