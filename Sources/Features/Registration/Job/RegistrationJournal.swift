internal import Domain
internal import Events
internal import FoundationEssentials
internal import Jobs
internal import Provisioning
internal import Storage

/// Writes what a registration reports, and tells it to the channels, in one transaction.
struct RegistrationJournal: Sendable {
    private let events = EventStore()
    private let broadcasts = BroadcastStore()

    /// Appends to a job's events; call it after the transaction's other writes, for it locks the channels.
    ///
    /// - Parameters:
    ///   - reported: In order.
    ///   - text: Lines for the execution log, each ending in a newline.
    ///   - news: What the organization hears besides.
    ///   - job: Whose.
    ///   - deployment: What it works on.
    ///   - ordinal: The job's last one so far.
    ///   - now: The time for the rows.
    ///   - transaction: The caller's.
    /// - Returns: The job's last ordinal now.
    /// - Throws: ``StorageError``.
    @discardableResult
    func append(
        _ reported: [JobEvent],
        text: String,
        news: [NewBroadcast] = [],
        to job: JobRecord,
        of deployment: DeploymentID,
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
        var all = appended.added.map { DeploymentBroadcast.of($0, job: job.id, deployment: deployment) }
        if !text.isEmpty, !appended.added.isEmpty || reported.isEmpty {
            all.append(try DeploymentBroadcast.of(text, job: job.id, ordinal: appended.lastOrdinal, deployment: deployment))
        }
        try broadcasts.append(all + news, at: now, in: transaction)
        return appended.lastOrdinal
    }
}
