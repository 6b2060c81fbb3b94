internal import Domain
internal import FoundationEssentials
internal import Log
internal import Storage
internal import Synchronization

/// Keeping leases alive, and telling a handler whose lease or time is over.
extension Worker {
    /// Renews all leases with each heartbeat until cancelled; while the database is away, tries again and again.
    func keepLeases() async {
        var failures = 0
        while !Task.isCancelled {
            let pause = failures == 0 ? times.heartbeat : min(times.heartbeat / 4, .seconds(1))
            // Cancelled at the worker's end.
            try? await Task.sleep(for: pause, clock: .continuous)
            if Task.isCancelled { return }
            do {
                try await beat()
                failures = 0
            } catch {
                failures += 1
                if failures == 1 { logger.warning("heartbeat failed", ["worker.id": .init(id), "error": .init("\(error)")]) }
            }
        }
    }

    private func beat() async throws {
        let expected = state.withLock { Array($0.running.values) }
        let start = clock.elapsed()
        let (heartbeat, time) = try await database.write { [self] transaction in
            let heartbeat = try store.heartbeat(id, period: times.lease, now: now, in: transaction)
            return (heartbeat, try store.databaseTime(in: transaction))
        }
        if let time { state.withLock { $0.databaseTime = time } }
        // From when it was asked: a slow answer is part of the lease. Half the margin later than this process would end them itself.
        onRenewal(start + times.lease - times.leaseMargin / 2 - clock.elapsed())
        for job in expected {
            if heartbeat.held.contains(job.key) {
                job.state.withLock { $0.leaseEnds = start + times.lease }
            } else if !job.state.withLock({ $0.isEnding }) {
                logger.warning("a lease was lost", ["job.id": .init(job.key.job), "job.fence": .init(job.key.fence)])
                job.stop.ring(.leaseLost)
            }
        }
        deliver(heartbeat.cancels)
        let strangers = heartbeat.held.subtracting(state.withLock { $0.running.values.map(\.key) })
        if !strangers.isEmpty {
            // A lease that was just taken or an attempt that just ended looks like this, too; the cycle knows.
            state.withLock { $0.isUnsure = true }
            bell.ring()
        }
    }

    /// Tells handlers whose lease or time is over, until cancelled; by this machine's steady clock, whatever the database does.
    func watch() async {
        while !Task.isCancelled {
            let elapsed = clock.elapsed()
            var next = elapsed + times.lease
            for job in state.withLock({ Array($0.running.values) }) {
                let urgency = job.stop.reason?.urgency ?? -1
                if urgency < StopReason.leaseLost.urgency {
                    let end = job.leaseEnds - times.leaseMargin
                    if end <= elapsed { job.stop.ring(.leaseLost) } else { next = min(next, end) }
                }
                if urgency < StopReason.timedOut.urgency {
                    if job.timesOutAt <= elapsed { job.stop.ring(.timedOut) } else { next = min(next, job.timesOutAt) }
                }
            }
            state.withLock { $0.watchesAt = next }
            await watchBell.wait(atMost: next - elapsed)
        }
    }
}
