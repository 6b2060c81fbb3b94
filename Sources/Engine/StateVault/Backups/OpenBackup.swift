/// A backup that was read, opened and found whole.
struct OpenBackup: Sendable {
    let path: String
    let object: SealedBackup
    let metadata: BackupMetadata
    /// The state's bytes; secret.
    let plain: [UInt8]
    /// The key that wraps the state's data key.
    let keyName: String
}
