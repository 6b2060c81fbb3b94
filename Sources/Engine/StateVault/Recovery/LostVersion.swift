package import Domain
package import FoundationEssentials

/// A version that neither the database nor its backup holds any more, and what a person can do about it.
package struct LostVersion: Sendable, Equatable, CustomStringConvertible {
    /// The version to fall back to.
    package struct Fallback: Sendable, Equatable {
        package let version: Int
        package let serial: Int64
        package let resourceCount: Int
        package let createdAt: Date
    }

    package let deployment: DeploymentID
    package let project: String
    package let version: Int
    /// What is wrong in the database.
    package let damage: String
    /// Why its backup doesn't help.
    package let backup: String
    /// Whether its backup could not be asked for: it may help when the store is back.
    package let isBackupAway: Bool
    /// How many resources it knew; nil when its row is lost.
    package let resourceCount: Int?
    /// The newest good version; nil when there is none.
    package let fallback: Fallback?
    /// What the versions after the fallback changed, oldest first: `7: +2 ~0 -0`.
    package let lostChanges: [String]

    /// The command that falls back; nil when there is nothing to fall back to.
    package var command: String? {
        fallback.map { "slipway state rollback --project \(project) --to \($0.version)" }
    }

    package var description: String {
        let verdict = isBackupAway ? "can't be read until the store of the backups is back" : "is lost"
        let what = "version \(version) of the state of project \(project) \(verdict) (\(damage); \(backup))"
        guard let fallback, let command else { return "\(what), and no other version is good: import a copy with `slipway state import`" }
        let good =
            "the newest good version is \(fallback.version) (serial \(fallback.serial), \(fallback.resourceCount) resources, "
            + "\(fallback.createdAt.ISO8601Format()))"
        guard fallback.version < version else { return "\(what); \(good)" }
        var loss = "what came after it would be lost"
        if !lostChanges.isEmpty { loss += " (\(lostChanges.joined(separator: ", ")))" }
        if let resourceCount, resourceCount > fallback.resourceCount {
            loss += ": Terraform would not know \(resourceCount - fallback.resourceCount) resources any more"
        }
        return "\(what); \(good): `\(command)` falls back to it, and \(loss)"
    }
}
