package import Events
package import WebServer

/// What a client asks of `GET /api/events?channels=a,b`.
package struct EventStreamRequest: Sendable {
    /// A request that can't be answered: 400.
    package struct Malformed: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// The most that one stream carries.
    package static let channelLimit = 100

    /// In the order of the request, each once.
    package let channels: [BroadcastChannel]
    let starts: [String: BroadcastStart]

    /// Reads a request: its `channels`, and where to begin, from `Last-Event-ID` or else `since`.
    ///
    /// `since` is a cursor, an event's id, or one position for all channels: 0 for everything that is kept. A channel that it doesn't name
    /// begins now.
    ///
    /// - Throws: ``Malformed``.
    package init(_ request: Request) throws(Malformed) {
        let names = (request.query("channels") ?? "").split(separator: ",")
        guard !names.isEmpty else { throw Malformed(description: "channels is missing: name one or more, with commas between.") }
        var channels: [BroadcastChannel] = []
        for name in names {
            guard let channel = BroadcastChannel(name) else {
                throw Malformed(
                    description:
                        "There is no channel '\(name.prefix(100))': organization.ID.terraform, .servers or .provisioning, deployment.ID."
                )
            }
            if !channels.contains(channel) { channels.append(channel) }
        }
        guard channels.count <= Self.channelLimit else {
            throw Malformed(description: "A stream carries at most \(Self.channelLimit) channels.")
        }
        self.channels = channels
        // A browser that comes back sends the header, and its address as it was.
        let given = request.headers["Last-Event-ID"].flatMap { $0.isEmpty ? nil : $0 } ?? request.query("since")
        starts = try Self.starts(of: channels, given)
    }

    private static func starts(of channels: [BroadcastChannel], _ given: String?) throws(Malformed) -> [String: BroadcastStart] {
        let names = channels.map(\.name)
        guard let given else { return Dictionary(names.map { ($0, .now) }) { first, _ in first } }
        if let position = Int64(given), position >= 0 {
            return Dictionary(names.map { ($0, .after(position)) }) { first, _ in first }
        }
        guard let cursor = EventCursor(given) else {
            throw Malformed(description: "Last-Event-ID or since must be the id of an event of this stream, or a position.")
        }
        return Dictionary(names.map { ($0, cursor.positions[$0].map { .after($0) } ?? .now) }) { first, _ in first }
    }
}
