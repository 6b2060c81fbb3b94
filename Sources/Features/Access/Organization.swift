package import Domain
package import FoundationEssentials
internal import Storage

/// A tenant.
package struct Organization: Sendable, Hashable {
    package let id: OrganizationID
    package let name: String
    package let createdAt: Date
    /// What its runs reach; nil: as it is configured for all organizations.
    package let network: NetworkMode?
    /// What a filtered network reaches though it is closed otherwise.
    package let allowedRanges: [AddressRange]
    /// What each of its runs may take of the machine, where that is not as it is configured for all organizations.
    package let limits: OwnLimits

    static let columns: SQL = "id, name, created_at, network, network_allow, \(sql: OwnLimits.columns)"

    init(_ row: Row) throws {
        id = try row.value("id")
        name = try row.value("name")
        createdAt = try row.value("created_at")
        network = try row.value("network")
        allowedRanges = try row.value("network_allow", as: String?.self).map(AddressRange.list) ?? []
        limits = try OwnLimits(row)
    }
}
