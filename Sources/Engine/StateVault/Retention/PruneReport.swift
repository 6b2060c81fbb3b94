package import Domain

/// What retention removes, or would.
package struct PruneReport: Sendable, Equatable {
    package struct Item: Sendable, Equatable {
        package let deployment: DeploymentID
        package let project: String
        package let version: Int
        package let sealedByteCount: Int
    }

    /// Rows and backups that are gone now; of a dry run, what would go.
    package var removed: [Item] = []
    /// Marked, and gone as soon as the store lets their backups be deleted.
    package var delayed: [Item] = []
    /// Why some are delayed.
    package var problem: String?

    package var sealedByteCount: Int { removed.reduce(0) { $0 + $1.sealedByteCount } }
}
