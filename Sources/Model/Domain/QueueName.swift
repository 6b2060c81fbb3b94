/// The queues of the requirements, most urgent first.
package enum QueueName: String, Sendable, Codable, CaseIterable {
    case terraform
    case serverManagement = "server-management"
    case infrastructureProvisioning = "infrastructure-provisioning"
    case maintenance
    case notifications

    /// Added to a job's own priority: `terraform` goes first.
    package var basePriority: Int { self == .terraform ? 100 : 0 }
}
