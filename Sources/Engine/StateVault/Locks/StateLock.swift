package import Domain
package import FoundationEssentials
internal import Storage

/// Who keeps others from changing a deployment's state, and why.
package struct StateLock: Sendable, Equatable, CustomStringConvertible {
    /// The holder's secret-less handle, for example Terraform's lock id.
    package let id: String
    /// `ada@laptop`, `job deploy-…`.
    package let holder: String
    /// What the holder does: `OperationTypeApply`, `rollback`.
    package let reason: String
    /// The lock as the holder described it, JSON: Terraform's `{ID, Operation, Who, …}`.
    package let info: String?
    /// The deployment's fencing number when it was taken.
    package let fence: Fence
    package let createdAt: Date
    /// From then on anyone may take it; nil: only a person can end it.
    package let expiresAt: Date?

    package var description: String { "\(holder) holds it for \(reason) since \(createdAt.ISO8601Format()) (lock \(id))" }

    /// What the id of a lock that a person ended begins with.
    static let endedPrefix = "ended:"

    /// Anyone may take it.
    func isOver(at now: Date) -> Bool { expiresAt.map { $0 <= now } ?? false }

    /// A person ended it.
    var wasEnded: Bool { id.hasPrefix(Self.endedPrefix) && expiresAt == Date(timeIntervalSince1970: 0) }

    static let columns: SQL = "lock_id, holder, reason, info, fence, created_at, expires_at"

    init(_ row: Row) throws(StorageError) {
        id = try row.value("lock_id")
        holder = try row.value("holder")
        reason = try row.value("reason")
        info = try row.value("info")
        fence = try row.value("fence")
        createdAt = try row.value("created_at")
        expiresAt = try row.value("expires_at")
    }
}
