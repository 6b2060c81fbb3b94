internal import Domain
internal import Storage
internal import Terraform

/// Which network an organization's runs get.
struct NetworkRule: Sendable, Hashable {
    let mode: NetworkMode
    /// What a filtered one reaches though it is closed otherwise.
    let allowed: [AddressRange]
    /// Somebody has asked for it, and without it there is no run.
    let isWished: Bool

    /// Reads it: the organization's own setting; else what is configured for all; else filtered as soon as there is another organization.
    ///
    /// - Parameters:
    ///   - organization: Whose runs.
    ///   - configured: What is configured for all organizations.
    ///   - transaction: Any.
    /// - Returns: What is in force for runs that begin now.
    /// - Throws: ``StorageError``, or an error of Foundation's when the stored ranges can't be read.
    static func read(
        of organization: OrganizationID,
        configured: NetworkMode?,
        in transaction: Transaction
    ) throws -> NetworkRule {
        let row = try transaction.first(
            """
            SELECT network, network_allow, (SELECT COUNT(*) FROM (SELECT id FROM organizations LIMIT 2) few) AS organizations
            FROM organizations WHERE id = \(organization)
            """
        )
        let wished = try row?.value("network", as: NetworkMode?.self) ?? configured
        let isShared = try row?.value("organizations", as: Int.self) ?? 0 > 1
        return NetworkRule(
            mode: wished ?? (isShared ? .filtered : .host),
            allowed: try row?.value("network_allow", as: String?.self).map(AddressRange.list) ?? [],
            isWished: wished != nil
        )
    }
}
