/// The channels that somebody in this process listens to, and how far each is handed out.
struct BroadcastFeeds {
    private struct Member {
        let receiver: any BroadcastReceiver
        /// It has seen everything up to here.
        let after: Int64
    }

    private struct Feed {
        /// Everything up to here was handed to whoever was there.
        var position: Int64
        var members: [ObjectIdentifier: Member] = [:]
    }

    private var feeds: [String: Feed] = [:]
    private(set) var memberCount = 0

    var count: Int { feeds.count }
    var positions: [String: Int64] { feeds.mapValues(\.position) }
    var receivers: [any BroadcastReceiver] { feeds.values.flatMap { $0.members.values.map(\.receiver) } }

    /// How far a channel is handed out; nil when nobody listens to it.
    func position(of channel: String) -> Int64? { feeds[channel]?.position }

    /// Adds a receiver to all of the channels, or to none when it has to read some on first.
    ///
    /// - Parameters:
    ///   - receiver: Who.
    ///   - cursors: What it has seen of each.
    /// - Returns: The channels that went further than it has seen, and how far.
    mutating func join(_ receiver: any BroadcastReceiver, _ cursors: [String: Int64]) -> [String: Int64] {
        var behind: [String: Int64] = [:]
        for (channel, cursor) in cursors {
            if let position = feeds[channel]?.position, position > cursor { behind[channel] = position }
        }
        guard behind.isEmpty else { return behind }
        for (channel, cursor) in cursors {
            // Without a feed the loop begins where this receiver is.
            feeds[channel, default: Feed(position: cursor)].members[ObjectIdentifier(receiver)] = Member(receiver: receiver, after: cursor)
            memberCount += 1
        }
        return [:]
    }

    mutating func leave(_ receiver: any BroadcastReceiver, _ channels: some Sequence<String>) {
        for channel in channels {
            guard feeds[channel]?.members.removeValue(forKey: ObjectIdentifier(receiver)) != nil else { continue }
            memberCount -= 1
            if feeds[channel]?.members.isEmpty == true { feeds[channel] = nil }
        }
    }

    mutating func removeAll() {
        feeds = [:]
        memberCount = 0
    }

    /// Moves a channel on, and says who gets what.
    ///
    /// - Parameters:
    ///   - channel: Whose.
    ///   - page: Events after `position`, in order.
    ///   - position: Where the page was read from.
    /// - Returns: Each receiver with its part of the page.
    mutating func advance(
        _ channel: String,
        by page: [Broadcast],
        after position: Int64
    ) -> [(receiver: any BroadcastReceiver, part: ArraySlice<Broadcast>)] {
        // Everybody left and others came meanwhile, who have seen less than where the page begins: the next look reads from there.
        guard let feed = feeds[channel], feed.position >= position, let last = page.last, last.position > feed.position else { return [] }
        feeds[channel]?.position = last.position
        let news = Self.part(of: page[...], after: feed.position)
        return feed.members.values.compactMap { member in
            let part = member.after <= feed.position ? news : Self.part(of: news, after: member.after)
            return part.isEmpty ? nil : (member.receiver, part)
        }
    }

    private static func part(of page: ArraySlice<Broadcast>, after position: Int64) -> ArraySlice<Broadcast> {
        guard let first = page.first, first.position <= position else { return page }
        return page.drop { $0.position <= position }
    }
}
