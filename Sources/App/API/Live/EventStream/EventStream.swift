package import Events
package import WebServer

/// Sends events of channels to one client over HTTP, as browsers' `EventSource` and curl read them.
///
/// - SeeAlso: <https://html.spec.whatwg.org/multipage/server-sent-events.html>
package struct EventStream: Sendable {
    private let hub: BroadcastHub
    /// How often a silent stream shows that it lives.
    private let heartbeat: Duration

    package init(hub: BroadcastHub, heartbeat: Duration = .seconds(15)) {
        self.hub = hub
        self.heartbeat = heartbeat
    }

    /// Subscribes, and answers with a stream that ends when the client goes, when it reads too slowly, or when the hub stops; a client that
    /// comes back with its last id misses nothing.
    ///
    /// - Parameter request: Whose channels the client may read: the caller has made sure.
    /// - Returns: A streamed answer.
    /// - Throws: `StorageError` when the database is away.
    package func response(to request: EventStreamRequest) async throws -> Response {
        let subscription = try await hub.subscribe(request.starts)
        let headers = [
            HeaderField("Content-Type", "text/event-stream"), HeaderField("Cache-Control", "no-store"),
            // nginx would keep it back.
            HeaderField("X-Accel-Buffering", "no"),
        ]
        return .stream(headers: headers) { [heartbeat] writer in
            try await Self.send(subscription, heartbeat: heartbeat, to: writer)
        }
    }

    private static func send(_ subscription: BroadcastSubscription, heartbeat: Duration, to writer: ResponseWriter) async throws {
        var cursor = EventCursor(subscription.positions)
        // An id without data: who comes back before the first event begins here, too.
        try await writer.write("retry: 1000\nid: \(cursor.text())\n\n")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: heartbeat)
                    subscription.poke()
                }
            }
            defer { group.cancelAll() }
            do {
                while let batch = try await subscription.nextBatch() {
                    var text = batch.isEmpty ? ":\n\n" : ""
                    for broadcast in batch {
                        cursor.advance(to: broadcast)
                        text += Self.text(of: broadcast, cursor)
                    }
                    try await writer.write(text)
                }
            } catch is EventsError {
                // Too slow: the stream ends in order, and the client reads on from its last id.
            }
        }
    }

    private static func text(of broadcast: Broadcast, _ cursor: EventCursor) -> String {
        // Data is JSON on one line.
        "id: \(cursor.text(first: broadcast.channel))\nevent: \(broadcast.name)\ndata: \(broadcast.data)\n\n"
    }
}
