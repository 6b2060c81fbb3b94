import Domain
import Jobs
import Synchronization

/// How jobs stand, as it was just read: whoever polls asks again and again.
///
/// Never stale after a change of this process, nor after one that another process rang a doorbell for; at most ``maximumAge`` after any other.
package final class RunStatusCache: Sendable {
    /// An answer, and who may have it.
    struct Answer: Sendable {
        let organization: OrganizationID?
        /// JSON.
        let body: [UInt8]
    }

    private struct Entry {
        let answer: Answer
        let changes: UInt64
        let readAt: ContinuousClock.Instant
    }

    private struct Entries {
        var byJob: [String: Entry] = [:]
        var byteCount = 0
    }

    /// As long as whoever follows events may miss a doorbell that was lost.
    static let maximumAge: Duration = .seconds(1)
    private static let (bodyLimit, byteLimit) = (64 * 1024, 8 * 1024 * 1024)
    private let now: @Sendable () -> ContinuousClock.Instant
    private let entries = Mutex(Entries())

    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) { self.now = now }

    /// What was read of a job, if it is still so.
    ///
    /// - Parameters:
    ///   - job: Its id.
    ///   - changes: ``Database/changes`` of now.
    /// - Returns: Nil: it has to be read.
    func answer(for job: String, changes: UInt64) -> Answer? {
        guard let entry = entries.withLock({ $0.byJob[job] }), entry.changes == changes else { return nil }
        return now() - entry.readAt <= Self.maximumAge ? entry.answer : nil
    }

    /// Keeps what was read of a job.
    ///
    /// - Parameters:
    ///   - body: The answer.
    ///   - job: What it tells of.
    ///   - changes: ``Database/changes`` from before the reading.
    ///   - readAt: When it began.
    func keep(_ body: [UInt8], of job: JobRecord, changes: UInt64, readAt: ContinuousClock.Instant) {
        guard body.count <= Self.bodyLimit else { return }
        let entry = Entry(answer: Answer(organization: job.organization, body: body), changes: changes, readAt: readAt)
        entries.withLock { entries in
            if entries.byteCount + body.count > Self.byteLimit { entries = Entries() }
            let former = entries.byJob.updateValue(entry, forKey: job.id.rawValue)
            entries.byteCount += body.count - (former?.answer.body.count ?? 0)
        }
    }
}
