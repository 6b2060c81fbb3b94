internal import Events

/// Where a reader of several channels is: what a stream's `id:` says, and what `Last-Event-ID` brings back.
///
/// The event's own channel comes first: `deployment.7:12,organization.1.terraform:41`.
struct EventCursor: Sendable, Hashable {
    private(set) var positions: [String: Int64]

    init(_ positions: [String: Int64]) { self.positions = positions }

    /// Reads a cursor, or the id of one event; nil for what is neither.
    init?(_ text: String) {
        var positions: [String: Int64] = [:]
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let channel = BroadcastChannel(parts[0]), let position = Int64(parts[1]), position >= 0 else {
                return nil
            }
            positions[channel.name] = position
        }
        self.positions = positions
    }

    mutating func advance(to broadcast: Broadcast) { positions[broadcast.channel] = broadcast.position }

    /// As text, with one channel first.
    func text(first: String? = nil) -> String {
        let rest = positions.filter { $0.key != first }.sorted { $0.key < $1.key }
        let own = first.flatMap { name in positions[name].map { [(key: name, value: $0)] } } ?? []
        return (own + rest).map { "\($0.key):\($0.value)" }.joined(separator: ",")
    }
}
