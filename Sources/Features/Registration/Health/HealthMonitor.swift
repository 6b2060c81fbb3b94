internal import Domain
internal import FoundationEssentials
internal import Log
internal import Storage
internal import Synchronization

/// Looks at every registered server again and again, for as long as it runs.
///
/// Any number of processes may do so on one database: a server that is due is taken by whichever comes first, in the statement that says
/// when it is due next.
package struct HealthMonitor: Sendable {
    private let services: RegistrationServices
    private let checker: HealthChecker
    private let atOnce: Int
    private let poll: Duration

    /// Makes one.
    ///
    /// - Parameters:
    ///   - services: What it works with.
    ///   - atOnce: How many servers are looked at at the same time.
    ///   - poll: How long it waits at most before it looks for servers that are due.
    package init(_ services: RegistrationServices, atOnce: Int = 50, poll: Duration = .seconds(10)) {
        self.services = services
        checker = HealthChecker(services)
        self.atOnce = atOnce
        self.poll = poll
    }

    /// Runs until it is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            let slots = Slots(atOnce)
            var prunedAt: ContinuousClock.Instant?
            while !Task.isCancelled {
                if prunedAt.map({ .now - $0 > .seconds(3600) }) ?? true {
                    await prune()
                    prunedAt = .now
                }
                let (due, pause) = await take(slots.free)
                for id in due {
                    slots.take()
                    group.addTask {
                        await look(at: id)
                        slots.give()
                    }
                }
                // Cancelled: the loop's condition ends it.
                try? await Task.sleep(for: pause)
            }
            group.cancelAll()
        }
    }

    /// How many more may be looked at.
    private final class Slots: Sendable {
        private let count: Mutex<Int>
        init(_ count: Int) { self.count = Mutex(count) }
        var free: Int { count.withLock { max(0, $0) } }
        func take() { count.withLock { $0 -= 1 } }
        func give() { count.withLock { $0 += 1 } }
    }

    private func look(at id: ServerID) async {
        do {
            _ = try await checker.check(id)
        } catch is CancellationError {
            return
        } catch {
            services.logger.warning("A server could not be checked", ["server.id": .init("\(id)"), "error": .init("\(error)")])
        }
    }

    private func prune() async {
        do {
            let now = services.now()
            while try await services.database.write({ try MetricStore().prune(at: now, in: $0) }) >= 5000 {}
        } catch {
            services.logger.warning("Old measurements could not be removed", ["error": .init("\(error)")])
        }
    }

    /// Takes servers that are due, and says when to ask again.
    private func take(_ room: Int) async -> ([ServerID], Duration) {
        guard room > 0 else { return ([], .milliseconds(200)) }
        let now = services.now()
        do {
            // Most often none is: that is found out without a write.
            let next = try await services.database.read { transaction in
                try transaction.first("SELECT MIN(next_check_at) AS next FROM servers WHERE next_check_at IS NOT NULL")?
                    .value("next", as: Date?.self)
            }
            guard let next = next ?? nil else { return ([], poll) }
            guard next <= now else { return ([], min(poll, .seconds(max(0.05, next.timeIntervalSince(now))))) }
            let taken = try await services.database.write { [services] transaction -> [ServerID] in
                let rows = try transaction.rows(
                    """
                    SELECT id, organization_id FROM servers WHERE next_check_at <= \(now)
                    ORDER BY next_check_at LIMIT \(room)\(sqlite: "", postgres: " FOR UPDATE SKIP LOCKED")
                    """
                )
                return try rows.map { row in
                    let id: ServerID = try row.value("id")
                    let settings = try services.settings.settings(of: try row.value("organization_id"), in: transaction)
                    let again = ServerCheck.nextCheck(after: now, settings)
                    try transaction.execute("UPDATE servers SET next_check_at = \(again) WHERE id = \(id)")
                    return id
                }
            }
            // There may be more than were taken.
            return (taken, .milliseconds(50))
        } catch {
            services.logger.warning("Servers that are due could not be read", ["error": .init("\(error)")])
            return ([], poll)
        }
    }
}
