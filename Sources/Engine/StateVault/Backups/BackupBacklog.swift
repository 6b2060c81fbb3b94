package import FoundationEssentials

/// What still waits for its backup.
package struct BackupBacklog: Sendable, Equatable {
    /// Versions whose backup is not written yet.
    package let pending: Int
    /// Versions whose backup was given up for now.
    package let failed: Int
    /// Since when the oldest of them waits.
    package let oldest: Date?
    /// What the last failure said; nil when there was none.
    package let lastError: String?
}

/// What became of one backup.
package enum BackupOutcome: Sendable, Equatable {
    /// Written, read back, compared, and marked in the row.
    case stored(path: String, byteCount: Int)
    /// The version was pruned, or replaced by others without end.
    case gone
}
