/// Where a deployment stands, in the words of requirement 000, with the states that a plan's approval and a destroy add.
package enum DeploymentStatus: String, Sendable, Codable, CaseIterable {
    case pending
    case initializing
    case planning
    case awaitingApproval = "awaiting_approval"
    case applying
    case verifying
    case completed
    case failed
    case cancelled
    case destroying
    case destroyed
    case rollingBack = "rolling_back"
    case rolledBack = "rolled_back"

    /// A job is at work on it.
    package var isBusy: Bool {
        switch self {
        case .initializing, .planning, .applying, .verifying, .destroying, .rollingBack: true
        case .pending, .awaitingApproval, .completed, .failed, .cancelled, .destroyed, .rolledBack: false
        }
    }
}
