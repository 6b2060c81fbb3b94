package import Domain

/// A stream of events that somebody may subscribe to.
package enum BroadcastChannel: Sendable, Hashable, CustomStringConvertible {
    /// What concerns one side of an organization: `organization.7.terraform`.
    case organization(OrganizationID, Topic)
    /// Everything that the jobs of one deployment report: `deployment.42`.
    case deployment(DeploymentID)

    package enum Topic: String, Sendable, Hashable, CaseIterable {
        /// How runs of Terraform go.
        case terraform
        /// Servers that become ready, or don't.
        case servers
        /// Servers that are bought because there is no room.
        case provisioning
    }

    /// Reads a name; nil for one that is no channel's.
    package init?(_ name: some StringProtocol) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 2, let number = Int64(parts[1]), number > 0, String(number) == parts[1] else { return nil }
        switch (parts[0], parts.count) {
        case ("organization", 3):
            guard let topic = Topic(rawValue: String(parts[2])) else { return nil }
            self = .organization(OrganizationID(rawValue: number), topic)
        case ("deployment", 2): self = .deployment(DeploymentID(rawValue: number))
        default: return nil
        }
    }

    package var name: String {
        switch self {
        case .organization(let id, let topic): "organization.\(id).\(topic.rawValue)"
        case .deployment(let id): "deployment.\(id)"
        }
    }

    package var description: String { name }
}
