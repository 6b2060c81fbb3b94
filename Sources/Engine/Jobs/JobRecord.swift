package import Domain
package import FoundationEssentials

/// A job as its row says.
package struct JobRecord: Sendable, Equatable {
    package let id: JobID
    package let kind: String
    package let queue: QueueName
    package let organization: OrganizationID?
    package let concurrencyKey: String?
    package let uniqueKey: String?
    /// JSON, as it was queued.
    package let payload: String
    package let tags: [String]
    package let priority: Int
    package let status: JobStatus
    /// When it may run, or might have.
    package let runAt: Date
    /// The attempt that runs or ran last, counted from 1; 0 before the first.
    ///
    /// Suspending and handing back don't count.
    package let attempt: Int
    package let maximumAttempts: Int
    package let timeout: Duration
    /// Of the last lease; nil before the first.
    package let fence: Fence?
    package let workerID: String?
    package let leaseExpiresAt: Date?
    /// Goes on at once when it is suspended.
    let isWakeRequested: Bool
    package let cancelRequestedAt: Date?
    package let isCancelForced: Bool
    package let cancelledBy: String?
    package let stage: JobStage
    /// 0 to 100.
    package let progress: Int
    package let message: String?
    /// JSON that the handler left.
    package let result: String?
    /// Of the last failed attempt.
    package let errorMessage: String?
    package let errorCode: String?
    package let createdAt: Date
    /// When the last attempt began.
    package let startedAt: Date?
    package let finishedAt: Date?
    package let updatedAt: Date

    /// No attempt follows when this one fails.
    package var isFinalAttempt: Bool { attempt >= maximumAttempts }
}
