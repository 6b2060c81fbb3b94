import Domain
import FoundationEssentials
import Jobs
import Log
import Storage
import Synchronization

/// A handler that does nothing but note when it began.
private struct NoWork: JobHandler {
    let kind = "no-op"
    let began: @Sendable (JobID) -> Void

    func run(_ context: JobContext) async throws -> JobEnd {
        began(context.job.id)
        return .completed()
    }
}

/// When each job was queued and when it began.
private final class Stopwatch: Sendable {
    private let times = Mutex<[JobID: ContinuousClock.Instant]>([:])
    private let latencies = Mutex<[Duration]>([])
    private let ended = Mutex(0)

    func queue(_ id: JobID) { times.withLock { $0[id] = .now } }
    func begin(_ id: JobID) {
        if let queued = times.withLock({ $0.removeValue(forKey: id) }) { latencies.withLock { $0.append(.now - queued) } }
        ended.withLock { $0 += 1 }
    }
    var beginnings: Int { ended.withLock { $0 } }
    func percentile(_ share: Double) -> Duration {
        let sorted = latencies.withLock { $0.sorted() }
        return sorted.isEmpty ? .zero : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}

/// Measures the queue on a migrated database.
///
/// - Parameters:
///   - count: How many no-op jobs are queued, leased, run and completed, by one worker with 256 slots, while they are still being queued.
/// - Returns: Jobs per second, from the first's queuing to the last's durable end; and the time from the call that queues a single
///   job to the start of its handler while nothing else is to do, of 300 jobs.
func benchmarkJobs(
    database: Database,
    count: Int
) async throws -> (perSecond: Double, startLatencyP50: Duration, startLatencyP99: Duration) {
    let stopwatch = Stopwatch()
    let store = JobStore()
    let worker = try Worker(
        database: database,
        store: store,
        handlers: [NoWork { stopwatch.begin($0) }],
        limits: WorkerLimits(computing: 256),
        logger: .none
    )
    return try await withThrowingTaskGroup { group in
        group.addTask { try await worker.run() }

        let start = ContinuousClock.now
        for first in stride(from: 0, to: count, by: 500) {
            let jobs = (first..<min(first + 500, count)).map { index in
                NewJob(id: JobID(rawValue: "no-op-\(index)"), kind: "no-op", queue: .terraform)
            }
            try await database.write { _ = try store.enqueue(jobs, in: $0) }
        }
        while stopwatch.beginnings < count || !worker.runningJobs.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        let duration = ContinuousClock.now - start
        let completed = try await database.read { try store.counts(in: $0)[.completed] }
        precondition(completed == count, "\(completed ?? 0) of \(count) jobs are completed")

        for index in 0..<300 {
            let job = NewJob(id: JobID(rawValue: "single-\(index)"), kind: "no-op", queue: .terraform)
            stopwatch.queue(job.id)
            try await database.write { _ = try store.enqueue(job, in: $0) }
            while stopwatch.beginnings < count + index + 1 { try await Task.sleep(for: .milliseconds(1)) }
            // Until the worker rests again.
            try await Task.sleep(for: .milliseconds(10))
        }
        worker.shutDown()
        try await group.waitForAll()
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        return (Double(count) / seconds, stopwatch.percentile(0.5), stopwatch.percentile(0.99))
    }
}
