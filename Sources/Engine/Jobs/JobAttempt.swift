package import Domain
package import FoundationEssentials

/// One try at a job.
package struct JobAttempt: Sendable, Equatable {
    /// How a try ended.
    package enum Outcome: String, Sendable, CaseIterable {
        case completed
        case failed
        case cancelled
        case suspended
        case handedBack = "handed_back"
        case lost
    }

    package let job: JobID
    /// Counted from 1; tries that were suspended or handed back share theirs with the next.
    package let ordinal: Int
    package let fence: Fence
    package let workerID: String
    package let host: String
    package let startedAt: Date
    /// Nil while it runs.
    package let endedAt: Date?
    package let outcome: Outcome?
    package let errorCode: String?
    package let errorMessage: String?
    /// At the end, or now.
    package let stage: JobStage
}
