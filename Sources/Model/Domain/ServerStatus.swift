/// Where a server stands, in the words of requirement 002, with the state before its first contact.
package enum ServerStatus: String, Sendable, Codable, CaseIterable {
    /// Found in a deployment's outputs; a job is at work on it.
    case registering
    /// Answers over SSH and has the organization's key; its checks are not over.
    case reachable
    /// Two checks in a row got no answer.
    case unreachable
    /// Every check has passed.
    case ready
    /// It was reached, or given up, and at least one check has not passed; its row says which and what to do.
    case error

    /// What can happen to a server.
    package enum Event: Sendable, CaseIterable {
        case registrationBegan, keyInstalled, passed, failed, missedTwice
    }

    /// The status that follows `event`, or nil when the event is illegal here.
    package func after(_ event: Event) -> ServerStatus? {
        switch (self, event) {
        case (_, .registrationBegan): .registering
        case (.registering, .keyInstalled), (.reachable, .keyInstalled): .reachable
        case (.reachable, .passed), (.unreachable, .passed), (.ready, .passed), (.error, .passed): .ready
        case (_, .failed): .error
        case (.ready, .missedTwice), (.reachable, .missedTwice), (.error, .missedTwice), (.unreachable, .missedTwice): .unreachable
        default: nil
        }
    }
}
