import Domain
import FoundationEssentials
import Log
import Schema
import Storage
import Synchronization
import TestKit
import Testing

@testable import Jobs

/// A handler that is a closure.
struct TestHandler: JobHandler {
    let kind: String
    let body: @Sendable (JobContext) async throws -> JobEnd
    var onLost: @Sendable (JobRecord, JobStatus, Transaction) throws -> Void = { _, _, _ in }

    init(_ kind: String = "test", _ body: @escaping @Sendable (JobContext) async throws -> JobEnd = { _ in .completed() }) {
        self.kind = kind
        self.body = body
    }

    func run(_ context: JobContext) async throws -> JobEnd { try await body(context) }
    func lost(_ job: JobRecord, becomes status: JobStatus, in transaction: Transaction) throws { try onLost(job, status, transaction) }
}

/// What handlers tell their test.
final class Notes<Note: Sendable>: Sendable {
    private let notes = Mutex<[Note]>([])
    func add(_ note: Note) { notes.withLock { $0.append(note) } }
    var all: [Note] { notes.withLock { $0 } }
}

/// A clock that stands still until the test moves it.
final class FakeClock: Sendable {
    private let now = Mutex(Date(timeIntervalSince1970: 1_800_000_000))
    var date: Date { now.withLock { $0 } }
    func advance(by seconds: Double) { now.withLock { $0 += seconds } }
    var clock: JobClock {
        JobClock(
            wall: { self.date },
            elapsed: { .seconds(self.date.timeIntervalSince1970) },
            awake: { .seconds(self.date.timeIntervalSince1970) }
        )
    }
}

/// What a condition that did not come true in time is reported as.
struct NeverTrue: Error {}

/// Waits until the condition holds.
func eventually(
    within limit: Duration = .seconds(20),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("the condition did not come true within \(limit)", sourceLocation: sourceLocation)
    throw NeverTrue()
}

extension NewJob {
    static func test(
        _ id: String = "test-\(UInt64.random(in: 0...UInt64.max))",
        kind: String = "test",
        queue: QueueName = .terraform,
        organization: Int64? = nil,
        key: String? = nil,
        change: (inout NewJob) -> Void = { _ in }
    ) -> NewJob {
        var job = NewJob(id: JobID(rawValue: id), kind: kind, queue: queue, organization: organization.map(OrganizationID.init(rawValue:)))
        job.concurrencyKey = key
        change(&job)
        return job
    }
}

extension TestDatabase {
    /// A database with this program's tables and organizations 1 to 9.
    func queue(_ body: (Database) async throws -> Void) async throws {
        try await with(migrations: Schema.migrations) { database in
            try await database.write { transaction in
                for id in 1...9 {
                    try transaction.execute("INSERT INTO organizations (id, name, created_at) VALUES (\(id), \("organization \(id)"), 0)")
                }
            }
            try await body(database)
        }
    }
}

extension Database {
    @discardableResult
    func enqueue(_ jobs: NewJob..., store: JobStore = JobStore()) async throws -> [EnqueueResult] {
        try await write { try store.enqueue(jobs, in: $0) }
    }

    func find(_ id: JobID) async throws -> JobRecord? { try await read { try JobStore().job(id, in: $0) } }

    func job(_ id: JobID) async throws -> JobRecord { try #require(try await find(id)) }

    func attempts(_ id: JobID) async throws -> [JobAttempt] { try await read { try JobStore().attempts(of: id, in: $0) } }

    func wait(for id: JobID, toBe status: JobStatus, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        do {
            try await eventually(sourceLocation: sourceLocation) { try await job(id).status == status }
        } catch {
            Issue.record("it is \(try await job(id))", sourceLocation: sourceLocation)
            throw error
        }
    }

    /// Leases as a worker would that has no handlers running.
    @discardableResult
    func lease(
        _ count: Int = 1,
        worker: String = "other",
        now: Date = Date(),
        lasting seconds: Double = 45,
        change: (inout LeaseRequest) -> Void = { _ in }
    ) async throws -> [JobRecord] {
        var request = LeaseRequest(
            worker: worker,
            kinds: ["test"],
            capacity: count,
            period: .seconds(seconds)
        )
        change(&request)
        return try await write { [request] in try JobStore().lease(request, now: { now }, in: $0) }
    }
}

/// Runs a worker beside the body, and shuts it down after it.
func withWorker(
    _ database: Database,
    _ handlers: TestHandler...,
    limits: WorkerLimits = WorkerLimits(),
    times: WorkerTimes = WorkerTimes(),
    retry: RetryPolicy = RetryPolicy(),
    periodic: [PeriodicJob] = [],
    identity: WorkerIdentity = .current,
    clock: JobClock = .system,
    body: (Worker) async throws -> Void
) async throws {
    let worker = try Worker(
        database: database,
        store: JobStore(clock: clock),
        handlers: handlers,
        limits: limits,
        times: times,
        retry: retry,
        periodic: periodic,
        identity: identity,
        clock: clock,
        logger: .none
    )
    try await withThrowingTaskGroup { group in
        group.addTask { try await worker.run() }
        do {
            try await body(worker)
            worker.shutDown()
        } catch {
            worker.shutDown()
            throw error
        }
        try await group.waitForAll()
    }
}
