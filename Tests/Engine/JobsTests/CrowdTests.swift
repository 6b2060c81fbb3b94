import Domain
import FoundationEssentials
import Schema
import Storage
import Synchronization
import TestKit
import Testing

@testable import Jobs

/// Several workers, several processes' worth of connections, and servers that go away.
@Suite struct CrowdTests {
    @Test(arguments: TestDatabase.allCases)
    func `no job runs twice at once, whoever crashes`(_ kind: TestDatabase) async throws {
        try await kind.location(migrations: Schema.migrations) { location in
            let first = try await Database.open(location)
            try await Schema.migrator.migrate(first)
            let second = try await Database.open(location)
            let atWork = Mutex<[String: Int]>([:])
            let overlaps = Notes<String>()
            // Every tenth attempt fails for now; some are suspended.
            let handler = TestHandler { context in
                let key = context.job.concurrencyKey ?? ""
                if atWork.withLock({
                    $0[key, default: 0] += 1; return $0[key] ?? 0
                }) != 1 {
                    overlaps.add(key)
                }
                defer { atWork.withLock { $0[key, default: 0] -= 1 } }
                try await context.write { _ = try $0.rows("SELECT 1 AS one") }
                if context.fence.rawValue % 10 == 0 { throw JobFailure(.network, message: "m") }
                if context.fence.rawValue % 13 == 0 { return .suspended(until: Date(), stage: .apply) }
                return context.fence.rawValue % 2 == 0 ? .completed() : .completed { _ in }
            }
            let jobs = (0..<300).map { index in NewJob.test("j-\(index)", key: "k-\(index % 40)") { $0.maximumAttempts = 50 } }
            try await first.write { _ = try JobStore().enqueue(jobs, in: $0) }
            // A worker that takes ten jobs and is never heard of again.
            #expect(try await first.lease(10, worker: "crashed", lasting: 0.5).count == 10)
            let times = WorkerTimes(lease: .seconds(5), heartbeat: .milliseconds(500), poll: .milliseconds(200))
            let (limits, retry) = (WorkerLimits(computing: 8), RetryPolicy(base: .milliseconds(10)))
            try await withWorker(first, handler, limits: limits, times: times, retry: retry) { _ in
                try await withWorker(second, handler, limits: limits, times: times, retry: retry) { _ in
                    try await eventually(within: .seconds(60)) {
                        try await first.read { try JobStore().counts(in: $0) } == [.completed: 300]
                    }
                }
            }
            #expect(overlaps.all.isEmpty)
            try await Self.expectNoOverlap(first)
            await first.close()
            await second.close()
        }
    }

    /// Of one key, every attempt began after the one with the smaller fence had ended.
    static func expectNoOverlap(_ database: Database) async throws {
        let rows = try await database.read { transaction in
            try transaction.rows(
                """
                SELECT COALESCE(concurrency_key, job_id) AS key, job_attempts.fence, job_attempts.started_at, ended_at
                FROM job_attempts JOIN jobs ON jobs.id = job_id
                ORDER BY job_attempts.fence
                """
            )
        }
        var fences: Set<Int64> = []
        var ends: [String: Int64] = [:]
        for row in rows {
            let (key, start): (String, Int64) = (try row.value("key"), try row.value("started_at"))
            #expect(fences.insert(try row.value("fence")).inserted)
            // Microseconds of one clock, read within the transactions.
            #expect(start >= ends[key] ?? 0, "attempts of \(key) overlap")
            ends[key] = try row.value("ended_at", as: Int64.self)
        }
    }

    @Test(.requires(.postgres)) func `jobs survive a short absence of PostgreSQL`() async throws {
        let server = try await ThrowawayPostgres()
        let database = try await Database.open(server.location())
        try await Schema.migrator.migrate(database)
        let gate = StopSignal()
        let writes = Notes<Int>()
        let handler = TestHandler { context in
            _ = await gate.wait()
            try await context.write { _ in writes.add(1) }
            return .completed(result: "1")
        }
        let job = NewJob.test()
        try await withWorker(database, handler) { _ in
            try await database.enqueue(job)
            try await database.wait(for: job.id, toBe: .processing)
            try await server.kill()
            gate.ring(.shutdown)
            try await server.restart()
            try await eventually(within: .seconds(30)) { (try? await database.job(job.id).status) == .completed }
        }
        let outcomes = try await database.attempts(job.id).map(\.outcome)
        #expect(outcomes == [.completed])
        #expect(!writes.all.isEmpty)
        await database.close()
        try await server.remove()
    }

    @Test(.requires(.postgres)) func `a worker cut off from PostgreSQL stops its handlers before others may have the job`() async throws {
        let server = try await ThrowawayPostgres()
        let database = try await Database.open(server.location())
        try await Schema.migrator.migrate(database)
        let reasons = Notes<StopReason?>()
        let handler = TestHandler { context in
            if context.job.attempt == 2 { return .completed() }
            let reason = await context.stop.wait()
            reasons.add(reason)
            throw JobStopped(reason: reason ?? .shutdown)
        }
        let job = NewJob.test()
        try await withWorker(database, handler, times: RescueTests.quick) { _ in
            try await database.enqueue(job)
            try await database.wait(for: job.id, toBe: .processing)
            try await server.kill()
            try await eventually { reasons.all == [.leaseLost] }
            try await server.restart()
            try await eventually(within: .seconds(30)) { (try? await database.job(job.id).status) == .completed }
        }
        let outcomes = try await database.attempts(job.id).map(\.outcome)
        #expect(outcomes == [.lost, .completed])
        await database.close()
        try await server.remove()
    }
}
