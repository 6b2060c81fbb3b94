package import Domain
internal import FoundationEssentials
package import Log
package import Storage
internal import Synchronization

/// Leases jobs and runs their handlers, keeps its leases alive, and takes up what lost workers left.
///
/// Any number of them work on one database, in one process or in many. Everything runs below ``run()`` in one task group:
/// - the cycle leases, and writes many ends of attempts in one transaction (`Worker+Cycle`);
/// - the heartbeat renews the leases, and the watch tells a handler whose lease or time is over (`Worker+Leases`);
/// - the upkeep rescues, queues periodic jobs and prunes (`Worker+Upkeep`);
/// - one child task per running job (`Worker+Attempt`).
package final class Worker: Sendable {
    struct State {
        var running: [JobID: RunningJob] = [:]
        var completions: [Completion] = []
        /// When pending reports are to be written, by the worker's own clock.
        var reportsDueAt: Duration?
        var reportedAt: Duration?
        var isStopping = false
        /// The database may count attempts as ours that we don't run.
        var isUnsure = false
        /// Attempts that ended here, but whose end could not be written.
        var dropped: Set<AttemptKey> = []
        var databaseTime: DatabaseTime?
        /// When the watch looks next, by the worker's own clock.
        var watchesAt: Duration = .zero
    }

    /// Its row in `workers`.
    package let id: String

    let database: Database
    let store: JobStore
    let handlers: [String: any JobHandler]
    let limits: WorkerLimits
    let times: WorkerTimes
    let retry: RetryPolicy
    let periodic: [PeriodicJob]
    let only: JobID?
    let spare: SpareSlots
    let identity: WorkerIdentity
    let clock: JobClock
    let random: @Sendable () -> UInt64
    /// Told that what runs here may go on for so long from now, whatever becomes of this process.
    let onRenewal: @Sendable (Duration) -> Void
    let logger: Logger

    let state = Mutex(State())
    let bell = Bell()
    let watchBell = Bell()

    /// Makes a worker; ``run()`` starts it.
    ///
    /// There is one handler per kind; jobs of other kinds are left to other workers. With `only` it runs this one job, whoever's turn it is,
    /// and ends when that has ended or is suspended. `spare` are the slots, as many as `limits` says, that it shares with other work of this
    /// process. `random` is the source of jitter and of the worker's id.
    ///
    /// - Throws: ``JobsError/Reason/duplicateHandler(kind:)``.
    package init(
        database: Database,
        store: JobStore = JobStore(),
        handlers: [any JobHandler],
        limits: WorkerLimits = WorkerLimits(),
        times: WorkerTimes = WorkerTimes(),
        retry: RetryPolicy = RetryPolicy(),
        periodic: [PeriodicJob] = [],
        only: JobID? = nil,
        spare: SpareSlots? = nil,
        identity: WorkerIdentity = .current,
        clock: JobClock = .system,
        random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) },
        onRenewal: @escaping @Sendable (Duration) -> Void = { _ in },
        logger: Logger
    ) throws(JobsError) {
        var byKind: [String: any JobHandler] = [:]
        for handler in handlers where byKind.updateValue(handler, forKey: handler.kind) != nil {
            throw JobsError(.duplicateHandler(kind: handler.kind))
        }
        self.database = database
        self.store = store
        self.handlers = byKind
        self.limits = limits
        self.times = times
        self.onRenewal = onRenewal
        self.retry = retry
        self.periodic = periodic
        self.only = only
        self.spare = spare ?? SpareSlots(count: limits.computing)
        self.identity = identity
        self.clock = clock
        self.random = random
        self.logger = logger
        id = "\(identity.host)-\(identity.pid)-\(String(random(), radix: 36))"
        self.spare.attach { [bell] in bell.ring() }
    }

    /// Works until ``shutDown()`` or the cancellation of the calling task; with `only`, until that job has ended.
    ///
    /// At the end handlers are told ``StopReason/shutdown`` and get the grace time to hand their jobs back; after it they are told
    /// ``StopReason/leaseLost``. It returns when the last handler has.
    ///
    /// - Throws: ``StorageError`` when the database can't be written at the start.
    package func run() async throws {
        try await register()
        logger.info("worker started", ["worker.id": .init(id)])
        // A task of its own, awaited right here: cancelling the caller must begin the shutdown, not break the writes that end it.
        await withTaskCancellationHandler {
            await Task { await self.serve() }.value
        } onCancel: {
            shutDown()
        }
        await unregister()
        logger.info("worker stopped", ["worker.id": .init(id)])
    }

    /// Begins a graceful end: leases nothing more and tells the handlers.
    package func shutDown() {
        let running = state.withLock { state in
            state.isStopping = true
            return Array(state.running.values)
        }
        for job in running { job.stop.ring(.shutdown) }
        bell.ring()
    }

    /// The jobs that run here now.
    package var runningJobs: [JobID] { state.withLock { Array($0.running.keys) } }

    // MARK: Details

    private func serve() async {
        let doorbell = database.doorbells(JobStore.doorbell)
        await withDiscardingTaskGroup { group in
            group.addTask { for await _ in doorbell { self.bell.ring() } }
            group.addTask { await self.keepLeases() }
            group.addTask { await self.watch() }
            group.addTask { await self.keepUp() }
            await work { running in group.addTask { await self.attempt(running) } }
            group.cancelAll()
        }
    }

    /// The time of day that all workers agree about: PostgreSQL's, carried on by this machine's steady clock; or this machine's own.
    var now: Date {
        guard let time = state.withLock({ $0.databaseTime }) else { return clock.wall() }
        return time.date.addingTimeInterval((clock.elapsed() - time.elapsed).inSeconds)
    }

    var name: WorkerName { WorkerName(id: id, host: identity.host) }

    private func register() async throws {
        let time = try await database.read { [store] transaction in try store.databaseTime(in: transaction) }
        if let time { state.withLock { $0.databaseTime = time } }
        let record = WorkerRecord(
            id: id,
            host: identity.host,
            pid: identity.pid,
            incarnation: identity.incarnation,
            version: identity.version,
            computingSlots: limits.computing,
            waitingSlots: limits.waiting,
            startedAt: now,
            heartbeatAt: now,
            stoppedAt: nil
        )
        try await database.write { [store] transaction in try store.register(record, in: transaction) }
    }

    private func unregister() async {
        do {
            try await database.write { [store, id, now] transaction in try store.unregister(id, now: now, in: transaction) }
        } catch {
            // Its silence says the same, only later.
            logger.warning("worker could not sign off", ["worker.id": .init(id), "error": .init("\(error)")])
        }
    }
}
