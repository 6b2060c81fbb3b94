/// What a job on a deployment is doing: a run with the progress numbers of requirement 000, or a registration.
package enum JobStage: String, Sendable, Codable, CaseIterable {
    case queued
    // Of a registration.
    case outputs
    case connect
    case cloudInit = "cloud_init"
    case keys
    case docker
    case health
    case register
    // Of a run.
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

    /// Those of a registration, in their order.
    package static let registration: [JobStage] = [.outputs, .connect, .cloudInit, .keys, .docker, .health, .register]
}
