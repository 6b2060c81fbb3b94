/// What a job does with a deployment; also the job's kind and the first word of its id.
package enum RunAction: String, Sendable, Codable, CaseIterable {
    case deploy
    case destroy
    case plan
    case refresh

    /// It may change the cloud or the state.
    package var changesSomething: Bool { self != .plan }
}
