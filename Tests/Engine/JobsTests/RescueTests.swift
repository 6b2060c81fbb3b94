import Domain
import FoundationEssentials
import Host
import Log
import Storage
import Synchronization
import TestKit
import Testing

@testable import Jobs

/// Lost workers, lost leases, and who may write what.
@Suite struct RescueTests {
    /// Short periods, but patient with a busy machine's delays.
    static let quick = WorkerTimes(
        lease: .seconds(3),
        heartbeat: .milliseconds(250),
        leaseMargin: .milliseconds(200),
        poll: .milliseconds(100)
    )

    @Test(arguments: TestDatabase.allCases)
    func `a job whose worker fell silent is taken up, but not within a lease period of one's own start`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let job = NewJob.test()
            try await database.enqueue(job)
            // Its lease has been over for long, and still the newcomer waits.
            try await database.lease(now: Date(timeIntervalSinceNow: -1000), lasting: 45)
            let start = ContinuousClock.now
            try await withWorker(database, TestHandler(), times: Self.quick) { _ in
                try await database.wait(for: job.id, toBe: .completed)
            }
            #expect(ContinuousClock.now - start >= .seconds(3))
            let attempts = try await database.attempts(job.id)
            #expect(attempts.map(\.outcome) == [.lost, .completed] && attempts.map(\.ordinal) == [1, 2])
            #expect(attempts[0].errorCode == "lost_worker" && attempts[0].fence < attempts[1].fence)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a job lost in its last attempt has failed, and its handler's hook writes with that`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let job = NewJob.test(organization: 1) { $0.maximumAttempts = 1 }
            try await database.enqueue(job)
            try await database.lease(lasting: 0.1)
            var handler = TestHandler()
            handler.onLost = { job, status, transaction in
                try transaction.execute("UPDATE organizations SET name = \("\(job.id) \(status)") WHERE id = 1")
            }
            try await withWorker(database, handler, times: Self.quick) { _ in
                try await database.wait(for: job.id, toBe: .failed)
            }
            let name: String? = try await database.read { try $0.first("SELECT name FROM organizations WHERE id = 1")?.value("name") }
            #expect(name == "\(job.id) failed")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a lost job that was cancelled is taken up only to tidy up`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let reasons = Notes<StopReason?>()
            let handler = TestHandler { context in
                reasons.add(context.stop.reason)
                return .cancelled()
            }
            let job = NewJob.test()
            try await database.enqueue(job)
            try await database.lease(lasting: 0.1)
            _ = try await database.write { try JobStore().cancel(job.id, by: "kim", in: $0) }
            try await withWorker(database, handler, times: Self.quick) { _ in
                try await database.wait(for: job.id, toBe: .cancelled)
            }
            #expect(reasons.all == [.cancelled(by: "kim")])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a worker that lost its lease can't write, report or end`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let outcome = Notes<String>()
            let job = NewJob.test()
            let handler = TestHandler { context in
                if context.job.attempt == 2 {
                    _ = await context.stop.wait()
                    return .handedBack()
                }
                // Another worker's rescue, from behind.
                let other = try Worker(database: database, handlers: [TestHandler()], logger: .none)
                try await database.write { transaction in
                    let stray = Stray(key: AttemptKey(job: context.job.id, fence: context.fence), host: "h")
                    _ = try other.rescue(stray, expiredBefore: nil, now: Date(), in: transaction)
                }
                try await eventually { try await database.job(context.job.id).attempt == 2 }
                do {
                    try await context.write { try $0.execute("UPDATE organizations SET name = 'written' WHERE id = 1") }
                    outcome.add("written")
                } catch let error as JobsError {
                    outcome.add("\(error.reason == .leaseLost(job: context.job.id, fence: context.fence))")
                }
                await #expect(throws: JobsError.self) { try await database.write { try context.check(in: $0) } }
                await context.report(stage: .destroy, progress: 99, message: "late")
                return .completed(result: "late")
            }
            try await withWorker(database, handler, limits: WorkerLimits(computing: 2)) { worker in
                try await database.enqueue(job)
                try await eventually { outcome.all.count == 1 }
                try await eventually { try await database.attempts(job.id).count == 2 }
            }
            #expect(outcome.all == ["true"])
            let row = try await database.job(job.id)
            #expect(row.result == nil && row.progress == 0 && row.status == .pending)
            #expect(try await database.read { try $0.rows("SELECT 1 AS one FROM organizations WHERE name = 'written'") }.isEmpty)
            let attempts = try await database.attempts(job.id)
            #expect(attempts.map(\.outcome) == [.lost, .handedBack])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `heartbeats keep a long job's lease`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let job = NewJob.test()
            let handler = TestHandler { context in
                let first = try #require(context.job.leaseExpiresAt)
                try await eventually { try await database.job(context.job.id).leaseExpiresAt ?? first > first.addingTimeInterval(4) }
                return .completed()
            }
            try await withWorker(database, handler, times: Self.quick) { _ in
                try await withWorker(database, TestHandler("strange"), handler, times: Self.quick) { _ in
                    try await database.enqueue(job)
                    try await database.wait(for: job.id, toBe: .completed)
                }
            }
            let outcomes = try await database.attempts(job.id).map(\.outcome)
            #expect(outcomes == [.completed])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a job that vanishes from under its worker stops it`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let job = NewJob.test()
            let reasons = Notes<StopReason?>()
            let handler = TestHandler { context in
                reasons.add(await context.stop.wait())
                throw JobStopped(reason: .leaseLost)
            }
            try await withWorker(database, handler, times: Self.quick) { _ in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: .processing)
                try await database.write { try $0.execute("DELETE FROM jobs") }
                try await eventually { reasons.all.first == .leaseLost }
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a lease that nobody began goes back unused`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let job = NewJob.test { $0.maximumAttempts = 1 }
            let held = NewJob.test("held", kind: "held")
            try await withWorker(database, TestHandler(), times: Self.quick) { worker in
                // As after a commit whose answer got lost.
                try await database.write { transaction in
                    _ = try JobStore().enqueue([held, job], in: transaction)
                    let request = LeaseRequest(
                        worker: worker.id,
                        kinds: ["test"],
                        capacity: 1,
                        period: .seconds(45)
                    )
                    _ = try JobStore().lease(request, now: { Date() }, in: transaction)
                }
                try await database.wait(for: job.id, toBe: .completed)
            }
            let outcomes = try await database.attempts(job.id).map(\.outcome)
            #expect(outcomes == [.handedBack, .completed])
        }
    }

    @Test func `a clock that was set doesn't make a living worker's leases look over`() async throws {
        try await TestDatabase.sqlite.queue { database in
            let ahead = Mutex(0.0)
            var clock = JobClock.system
            clock.wall = { Date(timeIntervalSinceNow: ahead.withLock { $0 }) }
            let (kept, lost) = (NewJob.test("kept"), NewJob.test("lost"))
            try await database.enqueue(kept)
            try await database.lease(lasting: 500)
            let times = WorkerTimes(
                lease: .seconds(2),
                heartbeat: .milliseconds(250),
                leaseMargin: .milliseconds(200),
                poll: .milliseconds(50)
            )
            try await withWorker(database, TestHandler(), times: times, clock: clock) { _ in
                // Once the newcomer judges at all.
                try await database.write { transaction in
                    _ = try JobStore().enqueue(lost, in: transaction)
                    let request = LeaseRequest(worker: "dead", kinds: ["test"], capacity: 1, period: .seconds(-1))
                    _ = try JobStore().lease(request, now: { Date() }, in: transaction)
                }
                try await database.wait(for: lost.id, toBe: .completed)
                let jump = ContinuousClock.now
                ahead.withLock { $0 = 1000 }
                // Nobody renews it, so that it is taken up in the end, but a lease period later.
                try await database.wait(for: kept.id, toBe: .completed)
                #expect(ContinuousClock.now - jump >= .seconds(2))
            }
        }
    }

    // MARK: Neighbours

    @Test(
        .enabled("/proc doesn't name this machine's processes") { WorkerIdentity.current.incarnation != nil },
        arguments: TestDatabase.allCases
    )
    func `a dead neighbour's job is taken up at once, a living one's is not`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let mine = try #require(WorkerIdentity.current.incarnation).split(separator: "/").map(String.init)
            let (dead, alive) = (NewJob.test("dead"), NewJob.test("alive"))
            let incarnations = ["dead": "\(mine[0])/\(mine[1])/\(mine[2])/1", "alive": mine.joined(separator: "/")]
            for (worker, job) in [("dead", dead), ("alive", alive)] {
                try await database.enqueue(job)
                let record = WorkerRecord(
                    id: worker,
                    host: "here",
                    pid: 1,
                    incarnation: incarnations[worker],
                    version: "",
                    computingSlots: 1,
                    waitingSlots: 0,
                    startedAt: Date(),
                    heartbeatAt: Date(),
                    stoppedAt: nil
                )
                try await database.write { try JobStore().register(record, in: $0) }
                try await database.lease(worker: worker) { $0.only = job.id }
            }
            try await withWorker(database, TestHandler()) { _ in
                try await database.wait(for: dead.id, toBe: .completed)
                #expect(try await database.job(alive.id).status == .processing)
            }
        }
    }

    @Test func `a process is only called gone when that is certain`() {
        let mine = ProcessIdentity.current
        guard let incarnation = mine.incarnation else { return }
        let parts = incarnation.split(separator: "/").map(String.init)
        #expect(!ProcessIdentity.isGone(incarnation: incarnation))
        #expect(ProcessIdentity.isGone(incarnation: "\(parts[0])/\(parts[1])/\(parts[2])/1"))
        #expect(ProcessIdentity.isGone(incarnation: "\(parts[0])/\(parts[1])/4194305/1"))
        #expect(!ProcessIdentity.isGone(incarnation: "other-boot/\(parts[1])/4194305/1"))
        #expect(!ProcessIdentity.isGone(incarnation: "\(parts[0])/pid:[1]/4194305/1"))
        for nonsense in ["", "a/b/c/d", "\(parts[0])/\(parts[1])/-1/1", "\(parts[0])/\(parts[1])/0/1"] {
            #expect(!ProcessIdentity.isGone(incarnation: nonsense))
        }
    }
}
