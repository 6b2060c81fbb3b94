internal import Host
internal import Synchronization

/// A private folder in which Terraform runs.
///
/// It holds `source/` (the configuration, `.terraform`, the backend override), `state/terraform.tfstate`, the variables, a plan, what
/// Terraform wrote (`output.jsonl`), `run.json` (the caller's words about the run) and `lock`, which this process holds: when it
/// dies, the folder becomes a ``Leftover`` for the next.
package final class Workspace: Sendable {
    package let path: String
    package let facts: SourceFacts

    init(path: String, facts: SourceFacts) {
        self.path = path
        self.facts = facts
    }

    package var sourceFolder: String { "\(path)/source" }
    /// Holds ``statePath`` and nothing else that matters: the folder to watch.
    package var stateFolder: String { "\(path)/state" }
    package var statePath: String { "\(path)/state/terraform.tfstate" }
    package var planPath: String { "\(path)/plan" }
    package var outputPath: String { "\(path)/output.jsonl" }

    /// Makes a workspace.
    ///
    /// - Parameters:
    ///   - root: Where.
    ///   - source: The configuration.
    ///   - variables: Values for its variables.
    ///   - state: The state to start from; nil for none.
    ///   - plan: The plan to apply; nil for none.
    ///   - metadata: Words that ``Leftover`` gives back after a crash: ids, fencing number. No secrets.
    /// - Throws: ``TerraformError``; nothing stays behind.
    package static func make(
        in root: WorkspaceRoot,
        source: SourceFiles,
        variables: RunVariables = RunVariables(),
        state: [UInt8]? = nil,
        plan: [UInt8]? = nil,
        metadata: [String: String] = [:]
    ) throws(TerraformError) -> Workspace {
        fatalError("soon")
    }

    /// The state as it stands: nil when there is none; while Terraform runs it may be torn.
    package func state() throws(TerraformError) -> [UInt8]? { fatalError("soon") }

    /// The plan that `plan` made: sealed by the caller, for it holds variables and state.
    package func plan() throws(TerraformError) -> [UInt8]? { fatalError("soon") }

    /// Takes other values instead of those given at the start, for example another fencing number.
    package func setMetadata(_ metadata: [String: String]) throws(TerraformError) { fatalError("soon") }

    /// Removes the folder with everything in it.
    package func remove() { fatalError("soon") }
}
