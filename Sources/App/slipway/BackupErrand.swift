import Domain
import Host
import Jobs
import StateVault
import Storage

/// What a worker that was started for one job does after it: the backups that wait, of its job's version first of all.
///
/// Whoever follows the job has its end by now and waits for nothing of this. A store that is away leaves them to the next worker.
struct BackupErrand: Sendable {
    /// Longer than this nobody expects a process to stay that was started for one job.
    static let limit = Duration.seconds(300)

    let program: Composition
    let identity: WorkerIdentity

    /// Works until no backup is ready, or the time is over.
    func run() async throws {
        guard try await isAnyReady() else { return }
        let worker = try Worker(
            database: program.database,
            store: program.jobs,
            handlers: [BackupHandler(vault: program.vault)],
            limits: WorkerLimits(computing: 1, waiting: 4),
            identity: identity,
            logger: program.logger
        )
        let interrupts = InterruptHandler(first: { worker.shutDown() }, again: {})
        defer { interrupts.restore() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let start = ContinuousClock.now
                while ContinuousClock.now - start < Self.limit {
                    try await Task.sleep(for: .milliseconds(100))
                    if worker.runningJobs.isEmpty, try await !isAnyReady() { break }
                }
                worker.shutDown()
            }
            defer { group.cancelAll() }
            try await worker.run()
        }
    }

    private func isAnyReady() async throws -> Bool {
        try await program.database.read { [jobs = program.jobs] transaction in
            let filter = JobFilter(statuses: [.pending], kind: BackupHandler.jobKind)
            return try !jobs.jobs(filter, page: JobPage(limit: 1), in: transaction).isEmpty
        }
    }
}
