package import Domain
package import Events
package import FoundationEssentials
package import Jobs
package import Storage

/// Writes what a job reports, and tells it to the channels, in one transaction: whoever reads the one has heard the other.
package struct JobJournal: Sendable {
    private let events = EventStore()
    private let broadcasts = BroadcastStore()
    private let deployments = DeploymentStore()

    package init() {}

    /// Appends to a job's events; call it after the transaction's other writes, for it locks the channels.
    ///
    /// - Parameters:
    ///   - reported: In order.
    ///   - text: Lines for the execution log, each ending in a newline; masked already.
    ///   - news: What else is told in the same breath.
    ///   - job: Whose.
    ///   - deployment: What it works on; nil tells no channel.
    ///   - ordinal: The job's last one so far; a second try with the same number stores and tells nothing twice.
    ///   - now: The time for the rows.
    ///   - transaction: The caller's.
    /// - Returns: The job's last ordinal now.
    /// - Throws: ``StorageError``.
    @discardableResult
    package func append(
        _ reported: [JobEvent],
        text: String,
        news: [NewBroadcast] = [],
        to job: JobRecord,
        of deployment: DeploymentID?,
        after ordinal: Int64,
        at now: Date,
        in transaction: Transaction
    ) throws -> Int64 {
        let appended = try events.append(
            reported,
            text: text,
            to: job.id,
            organization: job.organization,
            attempt: job.attempt,
            after: ordinal,
            at: now,
            in: transaction
        )
        guard let deployment else { return appended.lastOrdinal }
        var told = appended.added.map { DeploymentBroadcast.of($0, job: job.id, deployment: deployment) }
        if !text.isEmpty, !appended.added.isEmpty || reported.isEmpty {
            told.append(try DeploymentBroadcast.of(text, job: job.id, ordinal: appended.lastOrdinal, deployment: deployment))
        }
        // A registration's own news go to another channel.
        if let organization = job.organization, RunAction(rawValue: job.kind) != nil {
            let channel = BroadcastChannel.organization(organization, .terraform)
            var announcer = RunAnnouncer(job: job, deployment: deployment, at: now)
            for added in appended.added {
                let place = added.event.name == .finished ? try place(of: deployment, in: transaction) : nil
                told += try announcer.announcements(for: added.event, place: place).map { try $0.broadcast(on: channel) }
            }
        }
        try broadcasts.append(told + news, at: now, in: transaction)
        return appended.lastOrdinal
    }

    /// Tells the organization where a deployment stands, as its row says, when its job says nothing itself.
    func announce(_ deployment: DeploymentID, of job: JobRecord, at now: Date, in transaction: Transaction) throws {
        guard let organization = job.organization, let place = try place(of: deployment, in: transaction) else { return }
        let announcer = RunAnnouncer(job: job, deployment: deployment, at: now)
        let broadcast = try announcer.progress(place).broadcast(on: .organization(organization, .terraform))
        try broadcasts.append([broadcast], at: now, in: transaction)
    }

    private func place(of deployment: DeploymentID, in transaction: Transaction) throws -> RunAnnouncer.Place? {
        try deployments.deployment(deployment, in: transaction).map {
            RunAnnouncer.Place(status: $0.status, stage: $0.stage, progress: $0.progress, message: $0.message ?? $0.errorMessage ?? "")
        }
    }
}
