internal import Domain
internal import Events
internal import FoundationEssentials
internal import Jobs
internal import Storage

/// Writes what an attempt reports into the database: in order, in batches, and never from a worker that lost its lease.
///
/// Events are buffered while a write is under way, so that a burst costs a few transactions and a single line is visible at once.
actor RunRecorder {
    private let context: JobContext
    private let deployment: DeploymentID
    private let clock: @Sendable () -> Date
    private let journal = JobJournal()
    private let deployments = DeploymentStore()

    private var pending: [JobEvent] = []
    private var text = ""
    private var place: Place?
    private var lastOrdinal: Int64
    private var hasMoved = false
    private var isWriting = false
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private let (wake, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// Where the deployment stands, as its row says it.
    private struct Place: Sendable {
        var status: DeploymentStatus
        var stage: JobStage
        var progress: Int
        var message: String
    }

    /// More than this waits for the database before Terraform's output is read on.
    private static let limit = 4096

    init(context: JobContext, deployment: DeploymentID, lastOrdinal: Int64, clock: @escaping @Sendable () -> Date) {
        self.context = context
        self.deployment = deployment
        self.lastOrdinal = lastOrdinal
        self.clock = clock
    }

    /// Writes until ``close()``; throws when the lease is lost.
    func run() async throws {
        for await _ in wake { try await flush() }
        try await flush()
    }

    /// No more events come; ``run()`` ends after writing the rest.
    func close() { waker.finish() }

    /// Takes events, and lines for the execution log.
    func record(_ events: [JobEvent], text lines: String = "") async throws {
        pending += events
        text += lines
        if pending.count > Self.limit { try await flush() } else { waker.yield() }
    }

    /// The deployment moves on.
    func enter(_ status: DeploymentStatus, stage: JobStage, progress: Int, message: String) async throws {
        place = Place(status: status, stage: stage, progress: progress, message: message)
        hasMoved = true
        try await record([.stage(StageReport(stage: stage, progress: progress, message: message))], text: "── \(message)\n")
    }

    /// Progress within a stage; of resources that are made or destroyed, how many are done and how many are left.
    func advance(progress: Int, message: String, created: Int? = nil, remaining: Int? = nil) async throws {
        guard var place, place.progress != progress || place.message != message else { return }
        place.progress = progress
        place.message = message
        self.place = place
        hasMoved = true
        let report = StageReport(stage: place.stage, progress: progress, message: message, created: created, remaining: remaining)
        try await record([.stage(report)])
    }

    /// What is buffered, for the transaction that ends the attempt; waits for a write that is under way, whose ordinals come first.
    func drain() async -> (events: [JobEvent], text: String, lastOrdinal: Int64) {
        while isWriting { await withCheckedContinuation { waiters.append($0) } }
        defer { (pending, text, hasMoved) = ([], "", false) }
        return (pending, text, lastOrdinal)
    }

    /// Writes what is buffered now, and returns when it is durable.
    func flush() async throws {
        // Re-entrant: one writer at a time, so that ordinals are given in order.
        while isWriting { await withCheckedContinuation { waiters.append($0) } }
        isWriting = true
        defer {
            isWriting = false
            for waiter in waiters { waiter.resume() }
            waiters = []
        }
        while !pending.isEmpty || !text.isEmpty { try await writeBatch() }
    }

    private func writeBatch() async throws {
        let (events, lines, after) = (pending, text, lastOrdinal)
        let moved = hasMoved ? place : nil
        (pending, text, hasMoved) = ([], "", false)
        let now = clock()
        lastOrdinal = try await context.write { [journal, deployments, deployment, context] transaction in
            if let moved {
                try deployments.update(
                    deployment,
                    status: moved.status,
                    stage: moved.stage,
                    progress: moved.progress,
                    message: moved.message,
                    now: now,
                    in: transaction
                )
            }
            return try journal.append(events, text: lines, to: context.job, of: deployment, after: after, at: now, in: transaction)
        }
        if let moved { await context.report(stage: moved.stage, progress: moved.progress, message: moved.message) }
    }
}
