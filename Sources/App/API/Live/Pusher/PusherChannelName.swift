package import Events

/// A channel as the Pusher protocol names it: `private-organization.7.terraform`.
package struct PusherChannelName: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Needs a signature.
        case `private` = "private-"
        /// Needs a signature, and its subscribers see each other.
        case presence = "presence-"
    }

    package let kind: Kind
    package let channel: BroadcastChannel

    /// Reads a name; nil for one that this server has no channel for, public ones included.
    package init?(_ text: String) {
        guard let kind = Kind.allCases.first(where: { text.hasPrefix($0.rawValue) }),
            let channel = BroadcastChannel(text.dropFirst(kind.rawValue.count))
        else { return nil }
        self.kind = kind
        self.channel = channel
    }

    package var text: String { kind.rawValue + channel.name }
}
