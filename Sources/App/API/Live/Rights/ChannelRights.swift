package import Access
package import Events

/// Says who may still read what: those who listen on are asked about again and again.
package protocol ChannelRights: Sendable {
    /// Those of some channels that a subject may read now.
    ///
    /// - Throws: When it can't be found out: whoever was let in stays, and the question comes again.
    func readable(_ channels: [BroadcastChannel], by subject: Subject) async throws -> Set<BroadcastChannel>
}

extension ChannelRights {
    /// Asks again and again, until a subject may no longer read all of some channels, or the task is cancelled.
    ///
    /// - Parameters:
    ///   - channels: What it was let into.
    ///   - subject: Who listens.
    ///   - interval: Between two questions.
    /// - Throws: `CancellationError`.
    func waitForLoss(of channels: [BroadcastChannel], by subject: Subject, every interval: Duration) async throws {
        while true {
            try await Task.sleep(for: interval)
            // What can't be found out is asked again: a database that is away must not throw clients out.
            guard let readable = try? await readable(channels, by: subject) else { continue }
            if readable.count < channels.count { return }
        }
    }
}
