internal import Domain
internal import Events
internal import FoundationEssentials
internal import Jobs
internal import Provisioning
internal import Storage

/// Writes what an attempt reports: in order, in batches, never from a worker that lost its lease nor for a registration that was replaced.
///
/// Knows where each server stands, and makes the job's own stage and progress of it: the stage of the server that is furthest behind.
actor RegistrationRecorder {
    private let context: JobContext
    private let services: RegistrationServices
    private let deployment: DeploymentID

    private var pending: [JobEvent] = []
    private var text = ""
    private var lastOrdinal: Int64
    private var isWriting = false
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private let (wake, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private var stages: [ServerID: JobStage] = [:]
    private var shown: (stage: JobStage, progress: Int)?

    init(context: JobContext, services: RegistrationServices, deployment: DeploymentID, lastOrdinal: Int64) {
        self.context = context
        self.services = services
        self.deployment = deployment
        self.lastOrdinal = lastOrdinal
    }

    /// Writes until ``close()``; throws when the lease is lost or another registration took over.
    func run() async throws {
        for await _ in wake { try await flush() }
    }

    /// ``run()`` ends; what is buffered goes with the transaction that ends the attempt.
    func close() { waker.finish() }

    // MARK: - Taking

    /// Takes events, and lines for the execution log.
    func record(_ events: [JobEvent], text lines: String = "") {
        pending += events
        text += lines
        waker.yield()
    }

    /// The whole job is in a stage.
    func enter(_ stage: JobStage, _ message: String) async { await show(stage, RegistrationProgress.of(stage), message) }

    /// A server is in a stage, or says something new about it.
    func move(_ server: Server, to stage: JobStage, _ message: String) async {
        note(server, to: stage, message)
        waker.yield()
        await showServers()
    }

    private func note(_ server: Server, to stage: JobStage, _ message: String) {
        stages[server.id] = stage
        let report = ServerReport(server: server.name, address: server.place, phase: .running, stage: stage, message: message)
        pending.append(.server(report))
        text += "\(server.name): \(message)\n"
    }

    /// The stage of the server that is furthest behind.
    private func showServers() async {
        guard let last = stages.values.min(by: { RegistrationProgress.of($0) < RegistrationProgress.of($1) }) else { return }
        let sum = stages.values.reduce(0) { $0 + RegistrationProgress.of($1) }
        await show(last, max(RegistrationProgress.of(last), sum / stages.count), RegistrationProgress.words(for: last))
    }

    private func show(_ stage: JobStage, _ progress: Int, _ message: String) async {
        if let shown, shown.stage == stage, shown.progress >= progress { return }
        shown = (stage, progress)
        pending.append(.stage(StageReport(stage: stage, progress: progress, message: message)))
        waker.yield()
        await context.report(stage: stage, progress: progress, message: message)
    }

    // MARK: - Writing

    /// Writes what is buffered now, in one transaction with `body`, which is told nothing and may be run again.
    ///
    /// - Parameters:
    ///   - events: What goes with it.
    ///   - lines: For the execution log.
    ///   - body: The writes; gives what the organization hears of them.
    /// - Throws: ``RegistrationSuperseded``; ``JobsError``; what `body` throws.
    func write(
        _ events: [JobEvent] = [],
        text lines: String = "",
        _ body: @escaping @Sendable (Transaction) throws -> [NewBroadcast] = { _ in [] }
    ) async throws {
        await takeTurn()
        defer { giveTurn() }
        let (all, log, after) = (pending + events, text + lines, lastOrdinal)
        (pending, text) = ([], "")
        let (services, deployment, context, now) = (services, deployment, context, services.now())
        lastOrdinal = try await context.write { transaction in
            let isOurs = try services.queue.move(deployment, job: context.job.id, to: .registering, at: now, in: transaction)
            guard isOurs else { throw RegistrationSuperseded() }
            let news = try body(transaction)
            return try services.journal.append(
                all,
                text: log,
                news: news,
                to: context.job,
                of: deployment,
                after: after,
                at: now,
                in: transaction
            )
        }
    }

    /// What is buffered, for the transaction that ends the attempt.
    func drain() async -> (events: [JobEvent], text: String, lastOrdinal: Int64) {
        await takeTurn()
        defer { giveTurn() }
        defer { (pending, text) = ([], "") }
        return (pending, text, lastOrdinal)
    }

    private func flush() async throws {
        guard !pending.isEmpty || !text.isEmpty else { return }
        try await write()
    }

    /// Re-entrant: one writer at a time, so that ordinals are given in order.
    private func takeTurn() async {
        while isWriting { await withCheckedContinuation { waiters.append($0) } }
        isWriting = true
    }

    private func giveTurn() {
        isWriting = false
        for waiter in waiters { waiter.resume() }
        waiters = []
    }
}

/// How far a registration is in each of its stages, 0 to 100.
enum RegistrationProgress {
    static func of(_ stage: JobStage) -> Int {
        switch stage {
        case .outputs: 5
        case .connect: 10
        case .cloudInit: 30
        case .keys: 45
        case .docker: 55
        case .health: 75
        case .register: 90
        case .completed: 100
        default: 0
        }
    }

    static func words(for stage: JobStage) -> String {
        switch stage {
        case .outputs: "Reading the deployment's outputs"
        case .connect: "Waiting for SSH"
        case .cloudInit: "Waiting for cloud-init"
        case .keys: "Installing the organization's key"
        case .docker: "Verifying Docker"
        case .health: "Checking health"
        case .register: "Storing the servers"
        default: ""
        }
    }
}
