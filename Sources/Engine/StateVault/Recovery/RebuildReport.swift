/// What a rebuild from object storage brought back.
package struct RebuildReport: Sendable, Equatable {
    /// A backup that was not taken, and why.
    package struct Skipped: Sendable, Equatable {
        package let path: String
        package let reason: String
    }

    package var organizationsMade = 0
    package var deploymentsMade = 0
    package var versionsMade = 0
    /// Versions that the database has already, with the same content.
    package var versionsPresent = 0
    package var skipped: [Skipped] = []
}
