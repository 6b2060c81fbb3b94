internal import Sealing

/// Why a version's backup is of no use.
enum BackupProblem: Error, Equatable, CustomStringConvertible {
    case missing
    case unreadable(SealingError.Reason)
    /// Of another content that the version once had, or of another history.
    case otherContent

    var description: String {
        switch self {
        case .missing: "it has no backup"
        case .unreadable(let reason): "its backup can't be read: \(SealingError(reason))"
        case .otherContent: "its backup holds another content"
        }
    }
}
