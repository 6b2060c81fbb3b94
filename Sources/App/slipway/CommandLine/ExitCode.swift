/// What the program's exit code says; scripts depend on it.
enum ExitCode: Int32, Sendable, CaseIterable {
    case done = 0
    case failed = 1
    case usage = 2
    case cancelled = 3
    case waitingForApproval = 4

    /// As the help says it.
    var meaning: String {
        switch self {
        case .done: "done"
        case .failed: "failed"
        case .usage: "wrong use of the command"
        case .cancelled: "cancelled, or left to a worker"
        case .waitingForApproval: "the plan waits for approval"
        }
    }
}
