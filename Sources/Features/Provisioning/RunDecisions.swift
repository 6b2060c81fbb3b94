package import Domain
internal import Events
package import FoundationEssentials
package import Jobs
package import Storage

/// What people decide about runs: approve or refuse a plan, cancel a job.
package struct RunDecisions: Sendable {
    private let database: Database
    private let jobs: JobStore
    private let runs = RunStore()
    private let deployments = DeploymentStore()
    private let events = EventStore()
    private let journal = JobJournal()
    private let now: @Sendable () -> Date

    package init(database: Database, jobs: JobStore, now: @escaping @Sendable () -> Date = { Date() }) {
        self.database = database
        self.jobs = jobs
        self.now = now
    }

    /// Lets a job apply exactly the plan that waits.
    ///
    /// - Throws: ``ProvisioningError`` when no plan waits, it was decided, or it expired.
    package func approve(_ job: JobID, by person: String) async throws {
        let now = now()
        try await database.write { [self] transaction in
            try checkWaiting(job, now: now, in: transaction)
            guard try runs.decide(.approved, job: job, by: person, now: now, in: transaction) else { throw Self.decided(job) }
            _ = try jobs.wake(job, in: transaction)
        }
    }

    /// Ends a job whose plan waits; nothing was changed.
    ///
    /// - Throws: ``ProvisioningError`` as ``approve(_:by:)``.
    package func refuse(_ job: JobID, by person: String, reason: String? = nil) async throws {
        let now = now()
        try await database.write { [self] transaction in
            let run = try checkWaiting(job, now: now, in: transaction)
            guard try runs.decide(.refused, job: job, by: person, now: now, in: transaction) else { throw Self.decided(job) }
            _ = try jobs.cancel(job, force: false, by: person, in: transaction)
            let why = reason.map { " (\($0))" } ?? ""
            try end(job, of: run.deployment, message: "\(person) refused the plan\(why); nothing was changed.", now: now, in: transaction)
        }
    }

    /// Asks a job to end: one that waits ends at once, one that runs is told.
    ///
    /// - Parameters:
    ///   - job: Which.
    ///   - force: Ends Terraform without letting it tidy up; resources that are being made may be lost from the state.
    ///   - person: Who asks.
    /// - Returns: What became of it.
    /// - Throws: ``ProvisioningError`` when there is no such job.
    package func cancel(_ job: JobID, force: Bool, by person: String) async throws -> CancelResult {
        let now = now()
        return try await database.write { [self] transaction in
            let result = try jobs.cancel(job, force: force, by: person, in: transaction)
            switch result {
            case .notFound: throw Self.unknown(job)
            case .ended:
                if let run = try runs.run(job, in: transaction) {
                    try end(job, of: run.deployment, message: "\(person) cancelled it before it ran.", now: now, in: transaction)
                }
            case .told, .alreadyFinished: break
            }
            return result
        }
    }

    // MARK: - Details

    @discardableResult
    private func checkWaiting(_ job: JobID, now: Date, in transaction: Transaction) throws -> RunStore.Run {
        guard let record = try jobs.job(job, in: transaction), let run = try runs.run(job, in: transaction) else { throw Self.unknown(job) }
        guard record.status == .scheduled, run.sealedPlan != nil else {
            if run.decision != nil { throw Self.decided(job) }
            throw ProvisioningError(.conflict, "Job \(job) waits for no decision: it is \(record.status.rawValue).")
        }
        if let expiry = run.planExpiresAt, expiry <= now {
            throw ProvisioningError(.expired, "The plan of job \(job) has expired; run the deploy again for a new one.")
        }
        return run
    }

    /// A job that nobody runs has ended: the deployment goes back to how it was, and its followers hear of it.
    private func end(_ job: JobID, of deployment: DeploymentID, message: String, now: Date, in transaction: Transaction) throws {
        guard let record = try jobs.job(job, in: transaction) else { return }
        // Another job of the deployment may have begun since; its status is not this one's to change.
        if let present = try deployments.deployment(deployment, in: transaction), present.lastJob == job || present.lastJob == nil,
            present.status == .awaitingApproval || present.status == .pending
        {
            try deployments.end(
                deployment,
                status: .cancelled,
                stage: .cancelled,
                progress: present.progress,
                message: message,
                error: nil,
                now: now,
                in: transaction
            )
        }
        try runs.wipe(job, in: transaction)
        let last = try events.lastOrdinal(of: job, in: transaction)
        let finish = FinishReport(status: .cancelled, stage: .cancelled, message: message)
        try journal.append(
            [.finished(finish)],
            text: "\(message)\n",
            to: record,
            of: deployment,
            after: last,
            at: now,
            in: transaction
        )
    }

    private static func unknown(_ job: JobID) -> ProvisioningError {
        ProvisioningError(.notFound, "There is no job '\(job)'; `slipway jobs` lists those there are.")
    }

    private static func decided(_ job: JobID) -> ProvisioningError {
        ProvisioningError(.conflict, "Someone has decided about the plan of job \(job) already; `slipway status \(job)` says how.")
    }
}
