/// What a job on a deployment is doing, with the progress numbers of requirement 000.
package enum JobStage: String, Sendable, Codable, CaseIterable {
    case queued
    case `init`
    case plan
    case approval
    case apply
    case destroy
    case refresh
    case verify
    case rollback
    case cleanup
    case completed
    case failed
    case cancelled
}
