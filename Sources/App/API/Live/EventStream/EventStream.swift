package import Access
package import Events
package import WebServer

/// Sends events of channels to one client over HTTP, as browsers' `EventSource` and curl read them.
///
/// - SeeAlso: <https://html.spec.whatwg.org/multipage/server-sent-events.html>
package struct EventStream: Sendable {
    private let hub: BroadcastHub
    private let rights: any ChannelRights
    /// How often a stream asks whether its client may still read.
    private let recheck: Duration
    /// How often a silent stream shows that it lives.
    private let heartbeat: Duration

    package init(
        hub: BroadcastHub,
        rights: any ChannelRights,
        recheck: Duration = .seconds(60),
        heartbeat: Duration = .seconds(15)
    ) {
        self.hub = hub
        self.rights = rights
        self.recheck = recheck
        self.heartbeat = heartbeat
    }

    /// Subscribes, and answers with a stream that ends when the client goes, when it reads too slowly, when it may no longer read all of its
    /// channels, or when the hub stops; a client that comes back with its last id misses nothing.
    ///
    /// - Parameters:
    ///   - request: Whose channels the client may read: the caller has made sure.
    ///   - subject: Whose right to read is asked about again.
    /// - Returns: A streamed answer.
    /// - Throws: `StorageError` when the database is away.
    package func response(to request: EventStreamRequest, for subject: Subject) async throws -> Response {
        let subscription = try await hub.subscribe(request.starts)
        let headers = [
            HeaderField("Content-Type", "text/event-stream"), HeaderField("Cache-Control", "no-store"),
            // nginx would keep it back.
            HeaderField("X-Accel-Buffering", "no"),
        ]
        return .stream(headers: headers) { writer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                // The two that go on without end; what one of them throws is its cancellation.
                group.addTask { try await poke(subscription) }
                group.addTask {
                    try await rights.waitForLoss(of: request.channels, by: subject, every: recheck)
                    subscription.cancel()
                }
                defer { group.cancelAll() }
                try await Self.send(subscription, to: writer)
            }
        }
    }

    /// Makes a silent stream show that it lives.
    private func poke(_ subscription: BroadcastSubscription) async throws {
        while true {
            try await Task.sleep(for: heartbeat)
            subscription.poke()
        }
    }

    private static func send(_ subscription: BroadcastSubscription, to writer: ResponseWriter) async throws {
        var cursor = EventCursor(subscription.positions)
        // An id without data: who comes back before the first event begins here, too.
        try await writer.write("retry: 1000\nid: \(cursor.text())\n\n")
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

    private static func text(of broadcast: Broadcast, _ cursor: EventCursor) -> String {
        // Data is JSON on one line.
        "id: \(cursor.text(first: broadcast.channel))\nevent: \(broadcast.name)\ndata: \(broadcast.data)\n\n"
    }
}
