/// Whether a version's backup lies in the object store.
package enum BackupStatus: String, Sendable, Codable, CaseIterable {
    /// Not yet; a job is on it.
    case pending
    /// Written, read back and compared.
    case stored
    /// Given up for now; the daily check tries again.
    case failed
}
