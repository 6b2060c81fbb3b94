internal import Domain
internal import FoundationEssentials
internal import Log
internal import Storage
internal import Synchronization

/// Leasing, and writing the ends and reports of many attempts in one transaction.
extension Worker {
    /// Many run, and few of them have ended yet: a moment's wait puts more ends into one transaction.
    private var isCrowded: Bool { state.withLock { $0.running.count >= 32 && $0.completions.count < $0.running.count / 2 } }

    /// What one transaction is to do.
    private struct Work: Sendable {
        var completions: [Completion] = []
        var reports: [(key: AttemptKey, report: Report)] = []
        var lease: LeaseRequest?
        var running: Set<AttemptKey> = []
        var dropped: Set<AttemptKey> = []
        var isUnsure = false

        /// Enough for statements with several rows.
        var isLarge: Bool { completions.count >= 8 || (lease?.capacity ?? 0) >= 8 }
        var writes: Bool { !completions.isEmpty || !reports.isEmpty || isUnsure }
    }

    private struct Outcome: Sendable {
        var ended: Set<JobID> = []
        var leased: [JobRecord] = []
        var cancels: [CancelRequest] = []
        /// When the next job becomes ready.
        var nextDueAt: Date?
    }

    /// Runs cycles until the worker has stopped and its last job has ended.
    ///
    /// - Parameter start: Starts a handler beside the cycle.
    func work(start: (RunningJob) -> Void) async {
        var failures = 0
        var stoppingSince: Duration?
        while true {
            var limit = times.poll
            do {
                let (nextDueAt, hadRoom) = try await cycle(start: start)
                failures = 0
                // Without room, one that is due waits for the end of another, which rings.
                if let due = nextDueAt, hadRoom || due > now {
                    limit = min(limit, .seconds(max(0.001, due.timeIntervalSince(now) + 0.001)))
                }
                if let only, try await isOver(only) { shutDown() }
            } catch {
                failures += 1
                if failures == 1 { logger.warning("the queue can't be reached", ["worker.id": .init(id), "error": .init("\(error)")]) }
                limit = min(limit, .milliseconds(50) * (1 << min(failures, 5)))
                // Not by the bell: it would ring without end while handlers finish.
                try? await Task.sleep(for: limit, clock: .continuous)
                limit = .zero
            }
            let (isStopping, isIdle, reportsDueAt) = state.withLock {
                ($0.isStopping, $0.running.isEmpty && $0.completions.isEmpty, $0.reportsDueAt)
            }
            if isStopping {
                if isIdle { return }
                let since = stoppingSince ?? clock.elapsed()
                stoppingSince = since
                let left = since + times.shutdownGrace - clock.elapsed()
                if left <= .zero { giveUp() } else { limit = min(limit, left) }
            }
            if let reportsDueAt { limit = min(limit, reportsDueAt - clock.elapsed()) }
            if only != nil { limit = min(limit, .milliseconds(500)) }
            await bell.wait(atMost: limit)
            if isCrowded { try? await Task.sleep(for: .milliseconds(1), clock: .continuous) }
        }
    }

    // MARK: One cycle

    private func cycle(start: (RunningJob) -> Void) async throws -> (nextDueAt: Date?, hadRoom: Bool) {
        let leasedAt = clock.elapsed()
        let work = takeWork(at: leasedAt)
        defer { spare.settle(computing: computingCount) }
        let outcome: Outcome
        do {
            outcome = try await perform(work)
        } catch {
            state.withLock { state in
                state.completions = work.completions + state.completions
                state.dropped.formUnion(work.dropped)
                for (key, report) in work.reports { state.running[key.job]?.state.withLock { $0.report = $0.report ?? report } }
                if !work.reports.isEmpty { state.reportsDueAt = state.reportsDueAt ?? clock.elapsed() + times.report }
                state.isUnsure = true
            }
            dropOverdueCompletions()
            throw error
        }
        settle(work.completions, ended: outcome.ended)
        begin(outcome.leased, leasedAt: leasedAt, start: start)
        deliver(outcome.cancels)
        return (outcome.nextDueAt, work.lease != nil)
    }

    private var computingCount: Int {
        state.withLock { state in state.running.values.count { $0.state.withLock { $0.activity } == .computing } }
    }

    private func takeWork(at elapsed: Duration) -> Work {
        state.withLock { state in
            var work = Work()
            swap(&work.completions, &state.completions)
            if let due = state.reportsDueAt, due <= elapsed {
                state.reportsDueAt = nil
                state.reportedAt = elapsed
                for job in state.running.values {
                    if let report = job.state.withLock({ $0.takeReport() }) { work.reports.append((job.key, report)) }
                }
            }
            work.isUnsure = state.isUnsure
            swap(&work.dropped, &state.dropped)
            state.isUnsure = false
            work.running = Set(state.running.values.map(\.key))
            let isCompleting = Set(work.completions.map(\.key.job))
            var computing = 0
            var queueRoom = limits.perQueue
            for job in state.running.values where !isCompleting.contains(job.key.job) {
                if job.state.withLock({ $0.activity }) == .computing { computing += 1 }
                if let room = queueRoom[job.record.queue] { queueRoom[job.record.queue] = max(0, room - 1) }
            }
            let room = spare.claim(computing: computing)
            if !state.isStopping, room > 0 {
                work.lease = LeaseRequest(
                    worker: id,
                    kinds: handlers.keys.sorted(),
                    capacity: room,
                    queueRoom: queueRoom,
                    perOrganization: limits.perOrganization,
                    only: only,
                    period: times.lease
                )
            }
            return work
        }
    }

    private func perform(_ work: Work) async throws -> Outcome {
        // On SQLite a look costs less than the one writer's turn; on PostgreSQL it is a part of the lease.
        if !work.writes, work.lease == nil || database.dialect == .sqlite {
            let (looked, hasReadyJobs) = try await database.read { [self] transaction in
                let queue = try store.look(in: transaction)
                var outcome = Outcome(nextDueAt: queue.nextDueAt)
                if !work.running.isEmpty { outcome.cancels = try store.cancels(for: id, in: transaction) }
                return (outcome, queue.hasReadyJobs(at: now))
            }
            if work.lease == nil || !hasReadyJobs { return looked }
        }
        return try await database.write { [self] transaction in
            // Asked for in here: the transaction may have waited for its turn.
            let now = self.now
            var outcome = Outcome()
            if !work.reports.isEmpty {
                try store.lock((work.completions.map(\.key) + work.reports.map(\.key)).sorted(), in: transaction)
            }
            if work.isLarge { try store.preferIndices(in: transaction) }
            outcome.ended = try store.complete(work.completions, worker: name, now: now, in: transaction)
            try store.report(work.reports, now: now, in: transaction)
            if work.isUnsure { try giveBackStrangers(work.running, dropped: work.dropped, now: now, in: transaction) }
            // Asked again: a shutdown may have begun while the transaction waited.
            if let lease = work.lease, !state.withLock({ $0.isStopping }) {
                outcome.leased = try store.lease(lease, now: { self.now }, in: transaction)
            }
            if !work.running.isEmpty { outcome.cancels = try store.cancels(for: id, in: transaction) }
            outcome.nextDueAt = try store.look(in: transaction).nextDueAt
            return outcome
        }
    }

    /// Ends attempts that the database counts as ours and that don't run here: a lease whose commit's outcome was unknown, which was
    /// never begun, and an attempt whose end could not be written.
    private func giveBackStrangers(
        _ running: Set<AttemptKey>,
        dropped: Set<AttemptKey>,
        now: Date,
        in transaction: Transaction
    ) throws {
        for key in try store.attempts(heldBy: id, in: transaction) where !running.contains(key) {
            guard let job = try store.leased(key, in: transaction) else { continue }
            if dropped.contains(key) {
                _ = try rescue(Stray(key: key, host: identity.host), expiredBefore: nil, now: now, in: transaction)
            } else {
                let ending = Ending(outcome: .handedBack, status: .pending, givesAttemptBack: true)
                try store.end(job, as: ending, worker: name, now: now, in: transaction)
            }
        }
    }

    // MARK: What follows from it

    private func settle(_ completions: [Completion], ended: Set<JobID>) {
        if completions.isEmpty { return }
        state.withLock { state in
            for completion in completions where state.running[completion.key.job]?.key == completion.key {
                state.running[completion.key.job] = nil
            }
        }
        for completion in completions where !ended.contains(completion.key.job) {
            logger.warning("a job ended after its lease", ["job.id": .init(completion.key.job), "job.fence": .init(completion.key.fence)])
        }
    }

    private func begin(_ leased: [JobRecord], leasedAt: Duration, start: (RunningJob) -> Void) {
        if leased.isEmpty { return }
        var jobs: [RunningJob] = []
        for record in leased {
            guard let fence = record.fence else { continue }
            jobs.append(RunningJob(record, fence: fence, leaseEnds: leasedAt + times.lease, startedAt: leasedAt))
        }
        let (isStopping, isEarlier) = state.withLock { state in
            for job in jobs { state.running[job.key.job] = job }
            return (state.isStopping, jobs.contains { min($0.timesOutAt, $0.leaseEnds - times.leaseMargin) < state.watchesAt })
        }
        if isEarlier { watchBell.ring() }
        for job in jobs {
            if isStopping { job.stop.ring(.shutdown) }
            if job.record.cancelRequestedAt != nil {
                let person = job.record.cancelledBy ?? ""
                job.deliver(CancelRequest(key: job.key, isForced: job.record.isCancelForced, person: person))
            }
            logger.debug("job started", ["job.id": .init(job.key.job), "job.fence": .init(job.key.fence)])
            start(job)
        }
    }

    func deliver(_ cancels: [CancelRequest]) {
        if cancels.isEmpty { return }
        let told = state.withLock { state in
            cancels.compactMap { cancel -> (RunningJob, CancelRequest)? in
                guard let job = state.running[cancel.key.job], job.key == cancel.key else { return nil }
                return (job, cancel)
            }
        }
        for (job, cancel) in told { job.deliver(cancel) }
    }

    /// After the grace time of a shutdown: whoever still runs loses its lease.
    private func giveUp() {
        for job in state.withLock({ Array($0.running.values) }) { job.stop.ring(.leaseLost) }
    }

    /// Completions that could not be written until their leases were over are left to whoever has the job next.
    private func dropOverdueCompletions() {
        let elapsed = clock.elapsed()
        state.withLock { state in
            let overdue = state.completions.filter { (state.running[$0.key.job]?.leaseEnds ?? .zero) <= elapsed }
            if overdue.isEmpty { return }
            let keys = Set(overdue.map(\.key))
            state.completions.removeAll { keys.contains($0.key) }
            for key in keys where state.running[key.job]?.key == key { state.running[key.job] = nil }
            state.dropped.formUnion(keys)
        }
    }

    /// Whether there is nothing left to do for the one job of this worker.
    private func isOver(_ job: JobID) async throws -> Bool {
        guard state.withLock({ $0.running.isEmpty && !$0.isStopping }) else { return false }
        guard let record = try await database.read({ [store] in try store.job(job, in: $0) }) else { return true }
        // One that has been leased and is scheduled again was suspended.
        return record.status.isFinal || (record.status == .scheduled && record.fence != nil)
    }
}

extension RunningJob.State {
    mutating func takeReport() -> Report? {
        defer { report = nil }
        return report
    }
}
