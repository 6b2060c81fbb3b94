/// What is happening to one resource in a run.
package struct ResourceProgress: Sendable, Hashable {
    package enum Stage: String, Sendable, Hashable, Codable, CaseIterable {
        /// Planned, not begun.
        case pending
        /// Being created, changed or destroyed.
        case active
        case done
        case errored
    }

    package var resource: ResourceReference
    /// What is planned; while active, what is being done (a replacement destroys, then creates).
    package var action: ChangeAction
    package var stage: Stage
    /// The cloud's name for it, once known.
    package var id: String?
    /// As Terraform last said; it says it every 10 s and at the end.
    package var elapsed: Duration
    /// Steps that remain: two for a replacement.
    var stepsLeft: Int
}
