internal import Domain
internal import Storage
internal import Terraform

extension ProvisioningServices {
    /// Makes the network for a run of the organization, and says what the run may take.
    ///
    /// - Returns: The network, to be closed by the caller, and the limits: the organization's own, else those that are configured for all.
    /// - Throws: ``TerraformError/Reason/networkUnavailable(why:)``, or what the database refused.
    func openSurroundings(for organization: OrganizationID) async throws -> (network: RunNetwork, limits: RunLimits) {
        let (rule, own) = try await database.read { [network] transaction in
            let row = try transaction.first("SELECT \(sql: OwnLimits.columns) FROM organizations WHERE id = \(organization)")
            let rule = try NetworkRule.read(of: organization, configured: network, in: transaction)
            return (rule, try row.map { try OwnLimits($0) })
        }
        let opened = try await runner.openNetwork(rule.mode, allowing: rule.allowed, isWished: rule.isWished)
        return (opened, limits.replaced(by: own ?? OwnLimits()))
    }
}
