internal import Events

/// What an action is called before, while and after it happens.
extension ResourceAction {
    /// What waits: `to create`.
    var waitingWords: String {
        switch self {
        case .create: "to create"
        case .read: "to read"
        case .update: "to update"
        case .replace: "to replace"
        case .delete: "to destroy"
        case .move: "to move"
        case .import: "to import"
        case .remove: "to forget"
        case .noop: "no change"
        }
    }

    /// What goes on: `creating`.
    var runningWord: String {
        switch self {
        case .create: "creating"
        case .read: "reading"
        case .update: "updating"
        case .replace: "replacing"
        case .delete: "destroying"
        case .move: "moving"
        case .import: "importing"
        case .remove: "forgetting"
        case .noop: "checking"
        }
    }

    /// What is over: `created`.
    var doneWord: String {
        switch self {
        case .create: "created"
        case .read: "read"
        case .update: "updated"
        case .replace: "replaced"
        case .delete: "destroyed"
        case .move: "moved"
        case .import: "imported"
        case .remove: "forgotten"
        case .noop: "unchanged"
        }
    }
}
