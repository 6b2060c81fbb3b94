/// What Terraform is asked to do in a workspace.
package enum TerraformCommand: Sendable, Hashable {
    /// Plans and applies in one go, without asking.
    case apply
    /// Plans into ``Workspace/planPath``.
    case plan(destroy: Bool)
    /// Applies exactly what is in ``Workspace/planPath``.
    case applyPlan
    /// Destroys everything, without asking.
    case destroy
    /// Brings the state in line with what exists, changing nothing in the cloud.
    case refresh
    /// Downloads providers and modules.
    case initialize
    /// Brings in modules only; offline for local ones.
    case getModules
    /// Checks the configuration by itself, without state, variables or credentials.
    case validate

    /// The name in ``Workspace`` metadata and log lines.
    package var name: String {
        switch self {
        case .apply: "apply"
        case .plan: "plan"
        case .applyPlan: "apply-plan"
        case .destroy: "destroy"
        case .refresh: "refresh"
        case .initialize: "init"
        case .getModules: "get"
        case .validate: "validate"
        }
    }
}
