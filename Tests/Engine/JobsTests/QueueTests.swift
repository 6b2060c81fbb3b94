import Domain
import FoundationEssentials
import Log
import Storage
import TestKit
import Testing

@testable import Jobs

/// Queuing, looking up, and what people do to jobs.
@Suite struct QueueTests {
    let store = JobStore()

    @Test(arguments: TestDatabase.allCases)
    func `a job is there as it was queued`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let job = NewJob.test("deploy-1", organization: 7, key: "deployment:42") {
                $0.payload = #"{"a": "ü\u0000"}"#
                $0.tags = ["organization:7", "provider:aws", "organization:7"]
                $0.priority = 3
                $0.maximumAttempts = 5
                $0.timeout = .seconds(60)
                $0.uniqueKey = "once"
            }
            #expect(try await database.enqueue(job) == [.enqueued])
            let row = try await database.job(job.id)
            #expect(row.status == .pending && row.stage == .queued && row.attempt == 0 && row.fence == nil)
            #expect(row.organization == OrganizationID(rawValue: 7) && row.concurrencyKey == "deployment:42")
            #expect(row.payload == job.payload && row.tags == job.tags && row.priority == 3)
            #expect(row.maximumAttempts == 5 && row.timeout == .seconds(60) && row.uniqueKey == "once")
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a job is queued with the caller's transaction or not at all`(_ kind: TestDatabase) async throws {
        struct ChangeOfMind: Error {}
        try await kind.queue { database in
            await #expect(throws: ChangeOfMind.self) {
                try await database.write { transaction in
                    try JobStore().enqueue(.test("never"), in: transaction)
                    throw ChangeOfMind()
                }
            }
            let found = try await database.find(JobID(rawValue: "never"))
            #expect(found == nil)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `one unfinished job has a unique key`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let (first, second) = (NewJob.test { $0.uniqueKey = "k" }, NewJob.test { $0.uniqueKey = "k" })
            #expect(try await database.enqueue(first, second) == [.enqueued, .duplicate(of: first.id)])
            try await database.lease()
            #expect(try await database.enqueue(second) == [.duplicate(of: first.id)])
            let leased = try await database.job(first.id)
            try await database.write { transaction in
                try JobStore().end(
                    leased,
                    as: Ending(outcome: .completed, status: .completed),
                    worker: .other,
                    now: Date(),
                    in: transaction
                )
            }
            #expect(try await database.enqueue(second) == [.enqueued])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `jobs are listed newest first, filtered and by pages`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            for index in 0..<100 {
                let job = NewJob.test("j\(index)", queue: index % 2 == 0 ? .terraform : .maintenance, organization: Int64(index % 3 + 1)) {
                    $0.tags = ["n:\(index % 10)"]
                    $0.concurrencyKey = "k:\(index % 4)"
                }
                try await database.enqueue(job)
            }
            func list(_ filter: JobFilter, _ page: JobPage = JobPage(limit: 1000)) async throws -> [String] {
                try await database.read { try JobStore().jobs(filter, page: page, in: $0).map(\.id.rawValue) }
            }
            #expect(try await list(JobFilter()) == (0..<100).reversed().map { "j\($0)" })
            #expect(try await list(JobFilter(), JobPage(limit: 3, after: JobID(rawValue: "j50"))) == ["j49", "j48", "j47"])
            #expect(try await list(JobFilter(tag: "n:7")) == (0..<10).reversed().map { "j\($0)7" }.map { $0 == "j07" ? "j7" : $0 })
            #expect(try await list(JobFilter(organization: OrganizationID(rawValue: 2))).count == 33)
            #expect(
                try await list(JobFilter(statuses: [.pending, .failed], queue: .maintenance, kind: "test", concurrencyKey: "k:3")).count
                    == 25
            )
            #expect(try await list(JobFilter(statuses: [.failed])).isEmpty)
            #expect(try await database.read { try JobStore().counts(in: $0) } == [.pending: 100])
        }
    }

    // MARK: Statuses

    /// Brings a fresh job to a status.
    private func job(in status: JobStatus, _ database: Database) async throws -> JobRecord {
        let job = NewJob.test { if status == .scheduled { $0.runAt = Date(timeIntervalSinceNow: 3600) } }
        try await database.enqueue(job)
        switch status {
        case .pending, .scheduled: break
        case .cancelled: _ = try await database.write { try JobStore().cancel(job.id, by: "t", in: $0) }
        case .processing, .completed, .failed, .retrying:
            let leased = try #require(try await database.lease { $0.only = job.id }.first)
            if status == .processing { break }
            let outcome: JobAttempt.Outcome = status == .completed ? .completed : .failed
            let ending = Ending(outcome: outcome, status: status, runAt: Date(timeIntervalSinceNow: 3600), errorMessage: "e\0")
            try await database.write { try JobStore().end(leased, as: ending, worker: .other, now: Date(), in: $0) }
        }
        let row = try await database.job(job.id)
        #expect(row.status == status)
        return row
    }

    @Test(arguments: TestDatabase.allCases, JobStatus.allCases)
    func `only legal moves are made`(_ kind: TestDatabase, _ status: JobStatus) async throws {
        try await kind.queue { database in
            let worker = try Worker(database: database, handlers: [TestHandler()], logger: .none)
            for event in JobStatus.Event.allCases {
                let job = try await job(in: status, database)
                let key = AttemptKey(job: job.id, fence: job.fence ?? Fence(rawValue: 1_000_000))
                let stray = Stray(key: key, host: "h")
                try await database.write { transaction in
                    let store = JobStore()
                    func end(_ outcome: JobAttempt.Outcome, _ status: JobStatus) throws {
                        guard let job = try store.leased(key, in: transaction) else { return }
                        let ending = Ending(outcome: outcome, status: status, runAt: Date(timeIntervalSinceNow: 3600))
                        try store.end(job, as: ending, worker: .other, now: Date(), in: transaction)
                    }
                    switch event {
                    case .leased:
                        let request = LeaseRequest(
                            worker: "w",
                            kinds: ["test"],
                            capacity: 1,
                            only: job.id,
                            period: .seconds(45)
                        )
                        _ = try store.lease(request, now: { Date(timeIntervalSinceNow: 7200) }, in: transaction)
                    case .completed:
                        _ = try store.complete([Completion(key: key, result: nil)], worker: .other, now: Date(), in: transaction)
                    case .failedForGood: try end(.failed, .failed)
                    case .failedForNow: try end(.failed, .retrying)
                    case .suspended: try end(.suspended, .scheduled)
                    case .handedBack: try end(.handedBack, .pending)
                    case .leaseExpired:
                        _ = try worker.rescue(stray, expiredBefore: Date(timeIntervalSinceNow: 100), now: Date(), in: transaction)
                    case .cancelled:
                        if status == .processing { try end(.cancelled, .cancelled) }
                        _ = try store.cancel(job.id, by: "t", in: transaction)
                    case .woken: _ = try store.wake(job.id, in: transaction)
                    }
                }
                let after = try await database.job(job.id).status
                #expect(after == status.after(event) ?? status, "\(status) and \(event)")
            }
        }
    }

    @Test(arguments: TestDatabase.allCases, JobStatus.allCases)
    func `a cancel ends what has not started and tells what runs`(_ kind: TestDatabase, _ status: JobStatus) async throws {
        try await kind.queue { database in
            let job = try await job(in: status, database)
            let result = try await database.write { try JobStore().cancel(job.id, by: "kim", in: $0) }
            let after = try await database.job(job.id)
            switch status {
            case .pending, .scheduled, .retrying:
                #expect(result == .ended(after))
                #expect(after.status == .cancelled && after.cancelledBy == "kim" && after.finishedAt != nil)
            case .processing:
                #expect(result == .told(after))
                #expect(after.status == .processing && after.cancelRequestedAt != nil && !after.isCancelForced)
                let forced = try await database.write { try JobStore().cancel(job.id, force: true, by: "kim", in: $0) }
                #expect(forced == .told(try await database.job(job.id)))
                #expect(try await database.job(job.id).isCancelForced)
            case .completed, .failed, .cancelled:
                #expect(result == .alreadyFinished(job))
            }
            #expect(try await database.write { try JobStore().cancel(JobID(rawValue: "nobody"), by: "kim", in: $0) } == .notFound)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a job woken while it runs is not suspended`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let job = try await job(in: .processing, database)
            #expect(try await database.write { try JobStore().wake(job.id, in: $0) })
            try await database.write { transaction in
                let job = try #require(try JobStore().locked(job.id, in: transaction))
                let ending = Ending(
                    outcome: .suspended,
                    status: .scheduled,
                    runAt: Date(timeIntervalSinceNow: 3600),
                    givesAttemptBack: true
                )
                try JobStore().end(job, as: ending, worker: .other, now: Date(), in: transaction)
            }
            let after = try await database.job(job.id)
            #expect(after.status == .pending && after.attempt == 0)
        }
    }

    // MARK: The schema's own rules

    @Test(arguments: TestDatabase.allCases)
    func `the tables refuse a second running job of a key`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            try await database.enqueue(.test("a", key: "k"), .test("b", key: "k"))
            #expect(try await database.lease(2).map(\.id.rawValue) == ["a"])
            await #expect(throws: StorageError.self) {
                try await database.write { transaction in
                    try transaction.execute(
                        """
                        UPDATE jobs SET status = 'processing', fence = 99, worker_id = 'w', lease_expires_at = 1, started_at = 1, attempt = 1
                        WHERE id = 'b'
                        """
                    )
                }
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `the tables refuse half a status`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            try await database.enqueue(.test("a"))
            for change: SQL in [
                "status = 'processing'", "status = 'completed'", "status = 'lost'", "progress = 101", "attempt = 4", "finished_at = 1",
                "turn_of = 5", "lease_expires_at = 1",
            ] {
                await #expect(throws: StorageError.self) {
                    try await database.write { try $0.execute("UPDATE jobs SET \(sql: change) WHERE id = 'a'") }
                }
            }
        }
    }

    // MARK: Upkeep

    @Test(arguments: TestDatabase.allCases)
    func `old finished jobs are pruned in batches, others stay`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            for _ in 0..<5 { _ = try await job(in: .completed, database) }
            let running = try await job(in: .processing, database)
            let (pruned, rest) = try await database.write { transaction in
                let future = Date(timeIntervalSinceNow: 10)
                let none = try JobStore().prune(finishedBefore: Date(timeIntervalSinceNow: -10), in: transaction)
                let first = try JobStore().prune(finishedBefore: future, limit: 3, in: transaction)
                let second = try JobStore().prune(finishedBefore: future, limit: 3, in: transaction)
                return ([none, first, second], try JobStore().jobs(in: transaction).map(\.id))
            }
            #expect(pruned == [0, 3, 2])
            #expect(rest == [running.id])
            #expect(try await database.read { try $0.rows("SELECT job_id FROM job_attempts") }.isEmpty)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a periodic job is queued once per period, and missed ones are not made up`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let clock = FakeClock()
            let store = JobStore(clock: clock.clock)
            let start = clock.date
            let periodic = PeriodicJob(name: "sweep", every: .seconds(60)) { .test("sweep-\(Int($0.timeIntervalSince1970))") }
            func tick() async throws -> Double {
                let next = try await database.write { try store.enqueue(periodic, now: clock.date, in: $0) }
                return next.timeIntervalSince(start)
            }
            func count() async throws -> Int { try await database.read { try store.jobs(in: $0) }.count }
            #expect(try await tick() == 60)
            #expect(try await tick() == 60)
            #expect(try await count() == 1)
            clock.advance(by: 61)
            // The first has not run yet: it is the unfinished one of its key.
            #expect(try await tick() == 120)
            #expect(try await count() == 1)
            _ = try await database.write { try store.cancel(try store.jobs(in: $0)[0].id, by: "t", in: $0) }
            clock.advance(by: 600)
            #expect(try await tick() == 720)
            #expect(try await count() == 2)
        }
    }
}

extension WorkerName {
    static let other = WorkerName(id: "other", host: "elsewhere")
}
