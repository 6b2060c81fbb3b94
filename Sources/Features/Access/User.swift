package import Domain
package import FoundationEssentials
internal import Storage

/// A person.
package struct User: Sendable, Hashable {
    package let id: UserID
    /// In small letters.
    package let name: String
    /// May do everything, everywhere.
    package let isAdministrator: Bool
    /// Can log in with a password.
    package let hasPassword: Bool
    /// Neither sessions nor tokens work while this is set.
    package let disabledAt: Date?
    package let createdAt: Date

    static let columns: SQL = """
        id, name, is_administrator, disabled_at, created_at,
        CASE WHEN password_hash IS NULL THEN 0 ELSE 1 END AS has_password
        """

    init(_ row: Row) throws {
        id = try row.value("id")
        name = try row.value("name")
        isAdministrator = try row.value("is_administrator")
        hasPassword = try row.value("has_password")
        disabledAt = try row.value("disabled_at")
        createdAt = try row.value("created_at")
    }
}
