import Domain
import FoundationEssentials
import Log
import Storage
import TestKit
import Testing

@testable import Jobs

/// What becomes of jobs in a worker's hands.
@Suite struct WorkerTests {
    @Test(arguments: TestDatabase.allCases)
    func `a job runs, reports and leaves its result with the handler's own writes`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let handler = TestHandler { context in
                await context.report(stage: .apply, progress: 40, message: "half\0way")
                try await eventually { try await database.job(context.job.id).progress == 40 }
                let stage = try await database.job(context.job.id).stage
                return .completed(result: #"{"stage":"\#(stage.rawValue)"}"#) { transaction in
                    try transaction.execute("INSERT INTO organizations (id, name, created_at) VALUES (100, 'made alongside', 0)")
                }
            }
            let job = NewJob.test(organization: 1)
            try await withWorker(database, handler) { worker in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: .completed)
                let row = try await database.job(job.id)
                #expect(row.result == #"{"stage":"apply"}"# && row.progress == 100 && row.stage == .completed && row.attempt == 1)
                #expect(row.message == "halfway" && row.workerID == worker.id && row.leaseExpiresAt == nil)
                let attempts = try await database.attempts(job.id)
                #expect(attempts.map(\.outcome) == [.completed] && attempts.map(\.stage) == [.apply])
                #expect(try await database.read { try $0.rows("SELECT 1 AS one FROM organizations WHERE id = 100") }.count == 1)
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `an end whose own writes fail leaves nothing of them, a failed job and the hook's writes`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            var handler = TestHandler { _ in
                .completed(result: "1") { transaction in
                    try transaction.execute("INSERT INTO organizations (id, name, created_at) VALUES (100, 'new', 0)")
                    try transaction.execute("INSERT INTO organizations (id, name, created_at) VALUES (1, 'taken', 0)")
                }
            }
            handler.onLost = { _, status, transaction in
                try transaction.execute("UPDATE organizations SET name = \(status) WHERE id = 2")
            }
            let job = NewJob.test()
            try await withWorker(database, handler) { _ in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: .failed)
            }
            let row = try await database.job(job.id)
            #expect(row.errorCode == "unknown" && row.result == nil)
            #expect(try await database.read { try $0.rows("SELECT 1 AS one FROM organizations WHERE name = 'failed'") }.count == 1)
            #expect(try await database.read { try $0.rows("SELECT 1 AS one FROM organizations WHERE id = 100") }.isEmpty)
        }
    }

    // MARK: Failures

    @Test(arguments: TestDatabase.allCases)
    func `a transient failure is tried again after its pause, until the attempts are used up`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let told = Notes<Bool>()
            let handler = TestHandler { _ in
                throw JobFailure(.throttling, message: "slow down", code: "RequestLimitExceeded") { _, willRetry in told.add(willRetry) }
            }
            let job = NewJob.test()
            try await withWorker(database, handler, retry: RetryPolicy(base: .milliseconds(400), cap: .milliseconds(600))) { _ in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: .failed)
            }
            let row = try await database.job(job.id)
            #expect(row.attempt == 3 && row.errorCode == "RequestLimitExceeded" && row.errorMessage == "slow down")
            #expect(told.all == [true, true, false])
            let attempts = try await database.attempts(job.id)
            #expect(attempts.map(\.ordinal) == [1, 2, 3] && attempts.allSatisfy { $0.outcome == .failed })
            for (earlier, later) in zip(attempts, attempts.dropFirst()) {
                #expect(later.startedAt.timeIntervalSince(try #require(earlier.endedAt)) >= 0.1)
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `the first retry comes within the minute, not at once`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let job = NewJob.test()
            try await withWorker(database, TestHandler { _ in throw JobFailure(.network, message: "reset") }) { _ in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: .retrying)
            }
            let row = try await database.job(job.id)
            let pause = row.runAt.timeIntervalSince(row.updatedAt)
            #expect(pause > 29 && pause < 61)
        }
    }

    @Test(arguments: TestDatabase.allCases, FailureClass.allCases)
    func `only what its class calls transient is tried again`(_ kind: TestDatabase, _ reason: FailureClass) async throws {
        try await kind.queue { database in
            let job = NewJob.test()
            try await withWorker(database, TestHandler { _ in throw JobFailure(reason, message: "m") }) { _ in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: reason.isTransient ? .retrying : .failed)
            }
        }
    }

    @Test func `an unknown error ends the job with a general sentence`() async throws {
        struct Secret: Error { let password = "hunter2" }
        try await TestDatabase.sqlite.queue { database in
            let job = NewJob.test()
            try await withWorker(database, TestHandler { _ in throw Secret() }) { _ in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: .failed)
            }
            let row = try await database.job(job.id)
            #expect(row.errorCode == "unknown")
            #expect(row.errorMessage?.contains("hunter2") == false)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a hook that fails doesn't keep the job from ending`(_ kind: TestDatabase) async throws {
        struct Broken: Error {}
        try await kind.queue { database in
            var handler = TestHandler { _ in throw Broken() }
            handler.onLost = { _, _, transaction in
                try transaction.execute("UPDATE organizations SET name = 'undone' WHERE id = 1")
                try transaction.execute("UPDATE organizations SET name = 'undone' WHERE id = 2")
            }
            let job = NewJob.test()
            try await withWorker(database, handler) { _ in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: .failed)
            }
            let names = try await database.read { try $0.rows("SELECT name FROM organizations WHERE name = 'undone'") }
            #expect(names.isEmpty)
        }
    }

    // MARK: Stopping

    @Test(arguments: TestDatabase.allCases)
    func `a running job is told of its cancellation at once, and of force after it`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let reasons = Notes<StopReason?>()
            let handler = TestHandler { context in
                let first = await context.stop.wait()
                reasons.add(first)
                reasons.add(await context.stop.wait(beyond: first ?? .shutdown))
                return .cancelled()
            }
            let job = NewJob.test()
            try await withWorker(database, handler, times: WorkerTimes(poll: .seconds(60))) { worker in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: .processing)
                _ = try await database.write { try JobStore().cancel(job.id, by: "kim", in: $0) }
                try await eventually { reasons.all.count == 1 }
                _ = try await database.write { try JobStore().cancel(job.id, force: true, by: "kim", in: $0) }
                try await database.wait(for: job.id, toBe: .cancelled)
            }
            #expect(reasons.all == [.cancelled(by: "kim"), .forced(by: "kim")])
            let outcomes = try await database.attempts(job.id).map(\.outcome)
            #expect(outcomes == [.cancelled])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a cancelled job that fails while it tidies up is not tried again`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let handler = TestHandler { context in
                _ = await context.stop.wait()
                throw JobFailure(.network, message: "m")
            }
            let job = NewJob.test()
            try await withWorker(database, handler) { _ in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: .processing)
                _ = try await database.write { try JobStore().cancel(job.id, by: "kim", in: $0) }
                try await database.wait(for: job.id, toBe: .failed)
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a job ends when its time is over`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let handler = TestHandler { context in
                _ = await context.stop.wait()
                try context.stop.check()
                return .completed()
            }
            let job = NewJob.test { $0.timeout = .seconds(1) }
            try await withWorker(database, handler) { _ in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: .failed)
            }
            let row = try await database.job(job.id)
            #expect(row.errorCode == "timed_out" && row.attempt == 1)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a shutdown hands jobs back without using up the attempt`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let job = NewJob.test { $0.maximumAttempts = 1 }
            let handler = TestHandler { context in
                await context.report(stage: .apply, progress: 1)
                _ = await context.stop.wait()
                try context.stop.check()
                return .completed()
            }
            for turn in 1...3 {
                try await withWorker(database, handler) { _ in
                    if turn == 1 { try await database.enqueue(job) }
                    try await database.wait(for: job.id, toBe: .processing)
                }
                let row = try await database.job(job.id)
                #expect(row.status == .pending && row.attempt == 0)
            }
            let attempts = try await database.attempts(job.id)
            #expect(attempts.count >= 3 && attempts.allSatisfy { $0.outcome == .handedBack && $0.ordinal == 1 })
            try await withWorker(database, TestHandler()) { _ in try await database.wait(for: job.id, toBe: .completed) }
        }
    }

    @Test func `cancelling the task of run is a graceful shutdown`() async throws {
        try await TestDatabase.sqlite.queue { database in
            let job = NewJob.test()
            try await database.enqueue(job)
            let handler = TestHandler { context in
                _ = await context.stop.wait()
                return .handedBack()
            }
            let worker = try Worker(database: database, handlers: [handler], logger: .none)
            try await withThrowingTaskGroup { group in
                group.addTask { try await worker.run() }
                try await database.wait(for: job.id, toBe: .processing)
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(try await database.job(job.id).status == .pending)
            #expect(try await database.read { try JobStore().workers(in: $0) }.isEmpty)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a handler that doesn't stop within the grace loses its lease, and its job is tried again`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let job = NewJob.test()
            let handler = TestHandler { context in
                _ = await context.stop.wait(beyond: .forced(by: ""))
                try context.stop.check()
                return .completed()
            }
            try await withWorker(database, handler, times: WorkerTimes(shutdownGrace: .milliseconds(50))) { _ in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: .processing)
            }
            #expect(try await database.job(job.id).status == .retrying)
            let outcomes = try await database.attempts(job.id).map(\.outcome)
            #expect(outcomes == [.lost])
        }
    }

    // MARK: Waiting

    @Test(arguments: TestDatabase.allCases)
    func `a suspended job goes on when it is woken, or when its time has come`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let rounds = Notes<Int>()
            let handler = TestHandler { context in
                rounds.add(context.job.attempt)
                switch rounds.all.count {
                case 1: return .suspended(until: Date(timeIntervalSinceNow: 3600), stage: .approval)
                case 2: return .suspended(until: Date(timeIntervalSinceNow: 0.1), stage: .verify)
                default: return .completed()
                }
            }
            let job = NewJob.test { $0.maximumAttempts = 1 }
            try await withWorker(database, handler, times: WorkerTimes(poll: .seconds(60))) { _ in
                try await database.enqueue(job)
                try await database.wait(for: job.id, toBe: .scheduled)
                #expect(try await database.job(job.id).stage == .approval)
                #expect(try await database.write { try JobStore().wake(job.id, in: $0) })
                try await database.wait(for: job.id, toBe: .completed)
            }
            #expect(rounds.all == [1, 1, 1])
            let outcomes = try await database.attempts(job.id).map(\.outcome)
            #expect(outcomes == [.suspended, .suspended, .completed])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a job that waits for the cloud makes room for another, as far as waiting slots go`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let started = Notes<JobID>()
            let handler = TestHandler { context in
                started.add(context.job.id)
                context.setActivity(.waiting)
                _ = await context.stop.wait()
                return .cancelled()
            }
            let jobs = (0..<5).map { NewJob.test("j-\($0)") }
            try await withWorker(database, handler, limits: WorkerLimits(computing: 1, waiting: 2)) { _ in
                try await database.write { _ = try JobStore().enqueue(jobs, in: $0) }
                // Two wait, and the third finds no waiting slot and keeps the computing one.
                try await eventually { started.all.count == 3 }
                _ = try await database.write { try JobStore().cancel(jobs[0].id, by: "t", in: $0) }
                try await database.wait(for: jobs[0].id, toBe: .cancelled)
                #expect(started.all.map(\.rawValue) == ["j-0", "j-1", "j-2"])
                _ = try await database.write { try JobStore().cancel(jobs[2].id, by: "t", in: $0) }
                try await eventually { started.all.count >= 4 }
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a worker for one job runs only that, through its retries, and ends`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let mine = NewJob.test("mine") { $0.maximumAttempts = 2 }
            try await database.enqueue(.test("older"), mine)
            let handler = TestHandler { context in
                if !context.isFinalAttempt { throw JobFailure(.network, message: "m") }
                return .completed()
            }
            let worker = try Worker(
                database: database,
                handlers: [handler],
                retry: RetryPolicy(base: .milliseconds(20)),
                only: mine.id,
                logger: .none
            )
            try await worker.run()
            #expect(try await database.job(mine.id).status == .completed)
            #expect(try await database.job(JobID(rawValue: "older")).status == .pending)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a paused queue rests and a periodic job runs again and again`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let ran = Notes<String>()
            let handler = TestHandler { context in
                ran.add(context.job.id.rawValue)
                return .completed()
            }
            let periodic = PeriodicJob(name: "p", every: .seconds(1)) { _ in .test(queue: .maintenance) }
            try await database.write { try JobStore().pause(.terraform, by: "t", in: $0) }
            let paused = NewJob.test("paused")
            try await database.enqueue(paused)
            try await withWorker(database, handler, periodic: [periodic]) { _ in
                try await eventually { ran.all.count >= 2 }
                #expect(!ran.all.contains("paused"))
                try await database.write { try JobStore().resume(.terraform, in: $0) }
                try await database.wait(for: paused.id, toBe: .completed)
            }
        }
    }

    @Test func `two handlers of a kind are refused`() async throws {
        try await TestDatabase.sqlite.queue { database in
            #expect(throws: JobsError.self) { try Worker(database: database, handlers: [TestHandler(), TestHandler()], logger: .none) }
        }
    }
}
