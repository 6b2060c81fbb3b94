package import Domain
package import FoundationEssentials
internal import Storage

/// A tenant.
package struct Organization: Sendable, Hashable, Codable {
    package let id: OrganizationID
    package let name: String
    package let createdAt: Date

    static let columns: SQL = "id, name, created_at"

    init(_ row: Row) throws {
        id = try row.value("id")
        name = try row.value("name")
        createdAt = try row.value("created_at")
    }
}
