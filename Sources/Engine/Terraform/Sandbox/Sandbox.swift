/// What a run is locked into.
package struct Sandbox: Sendable, Hashable {
    package enum Mode: String, Sendable, CaseIterable {
        /// No sandbox, no run.
        case required
        /// When bubblewrap works here.
        case preferred
        case off
    }

    package let isInForce: Bool
    /// What is in force, and if nothing is, why; said at start and in every job.
    package let sentence: String

    /// Finds out once, by really running something in it (10 ms).
    ///
    /// - Throws: ``TerraformError/Reason/sandboxUnavailable(why:)`` when it is required and doesn't work.
    package static func establish(_ mode: Mode, environment: [String: String]) async throws(TerraformError) -> Sandbox { fatalError("soon") }
}
