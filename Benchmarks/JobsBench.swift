import Domain
import FoundationEssentials
import Host
import Jobs
import Log
import Schema
import Storage
import Synchronization

/// What the queue can do: jobs a second when busy, and the delay of one job when idle.
enum JobsBench {
    static let jobCount = 10_000
    private static let producers = 4
    /// Jobs that one transaction queues.
    private static let batch = 50

    static func measure(_ rig: Rig, _ report: Report) async throws {
        let sqlite = try rig.folder("jobs") + "/jobs.sqlite"
        // One after the other, so that a server's upkeep doesn't run beside the other's measurement.
        try await measure("SQLite", .sqlite(path: sqlite), rig, report)
        let server = try await PostgresServer.start(rig)
        do {
            try await measure("PostgreSQL", server.location, rig, report)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static func measure(_ name: String, _ location: DatabaseLocation, _ rig: Rig, _ report: Report) async throws {
        let database = try await Database.open(location)
        try await Schema.migrator.migrate(database)
        var rates = Samples()
        for run in 0..<rig.runs { rates.add(try await rate(database, run)) }
        report.row("no-op jobs queued and completed: \(name)", rates, unit: "/s", aim: .atLeast(5000))
        let starts = try await startDelays(database)
        report.row("idle, from enqueue to start, median: \(name)", starts, unit: "ms", places: 1)
        let late = starts.percentile(0.99)
        report.row("idle, from enqueue to start, p99: \(name)", starts, value: late, unit: "ms", places: 1, aim: .atMost(20))
        await database.close()
    }

    /// From the first enqueue until the last completion is durable.
    private static func rate(_ database: Database, _ run: Int) async throws -> Double {
        let handler = NoOp()
        let worker = try Worker(database: database, handlers: [handler], limits: WorkerLimits(computing: 500), logger: .none)
        return try await withWorker(worker) {
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for producer in 0..<producers { group.addTask { try await produce("\(run)-\(producer)", database) } }
                try await group.waitForAll()
            }
            while handler.count.withLock({ $0 }) < jobCount { try await Task.sleep(for: .milliseconds(1)) }
            // The last ends of attempts may still be on their way to the disk.
            while true {
                let left = try await database.read { transaction in
                    try transaction.first("SELECT 1 AS one FROM jobs WHERE status IN ('pending', 'processing') LIMIT 1")
                }
                if left == nil { break }
                try await Task.sleep(for: .milliseconds(1))
            }
            return Double(jobCount) / (ContinuousClock.now - start).seconds
        }
    }

    private static func produce(_ prefix: String, _ database: Database) async throws {
        let store = JobStore()
        for first in stride(from: 0, to: jobCount / producers, by: batch) {
            let jobs = (first..<(first + batch)).map {
                NewJob(id: JobID(rawValue: "no-op-\(prefix)-\($0)"), kind: NoOp.kind, queue: .maintenance)
            }
            try await database.write { try store.enqueue(jobs, in: $0) }
        }
    }

    /// In milliseconds, from before the enqueue (its commit included) until the handler runs.
    private static func startDelays(_ database: Database) async throws -> Samples {
        let (starts, started) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let handler = NoOp { started.yield(.now) }
        let worker = try Worker(database: database, handlers: [handler], logger: .none)
        return try await withWorker(worker) {
            var samples = Samples()
            var iterator = starts.makeAsyncIterator()
            for number in 0..<220 {
                // Idle in between, and not in step with anything periodic.
                try await Task.sleep(for: .milliseconds(15 + number * 7 % 23))
                let job = NewJob(id: JobID(rawValue: "idle-\(Rig.unique())-\(number)"), kind: NoOp.kind, queue: .maintenance)
                let asked = ContinuousClock.now
                try await database.write { try JobStore().enqueue(job, in: $0) }
                guard let start = await iterator.next() else { break }
                // The first ones find caches cold.
                if number >= 20 { samples.add((start - asked).milliseconds) }
            }
            return samples
        }
    }

    private static func withWorker<T: Sendable>(_ worker: Worker, _ body: @Sendable () async throws -> T) async throws -> T {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            let value = try await body()
            worker.shutDown()
            try await group.waitForAll()
            return value
        }
    }
}

/// A job that does nothing.
private final class NoOp: JobHandler {
    static let kind = "no-op"

    let count = Mutex(0)
    private let ran: @Sendable () -> Void

    init(ran: @escaping @Sendable () -> Void = {}) { self.ran = ran }

    var kind: String { Self.kind }

    func run(_ context: JobContext) async throws -> JobEnd {
        ran()
        count.withLock { $0 += 1 }
        return .completed()
    }
}
