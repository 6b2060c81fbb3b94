internal import Domain
internal import FoundationEssentials
internal import Log
internal import Storage

/// Rescue, periodic jobs and pruning.
extension Worker {
    /// Works until cancelled.
    func keepUp() async {
        var watch = ClockWatch(
            start: reading,
            lease: times.lease,
            clockTolerance: times.clockTolerance,
            pauseTolerance: times.pauseTolerance
        )
        var pause = Duration.zero
        var prunesAt = clock.elapsed()
        while !Task.isCancelled {
            let reading = self.reading
            if let jump = watch.observe(reading, planned: pause) {
                logger.warning("the time is not to be trusted for a while", ["worker.id": .init(id), "clock.jump": .init(jump.rawValue)])
            }
            pause = times.poll
            do {
                try await rescueNeighbours()
                if watch.mayJudge(at: clock.elapsed()) {
                    // At the time that was just found to be sound: the clock could be set in this very moment.
                    try await rescueStrays(at: Date(timeIntervalSince1970: reading.wall.inSeconds))
                    if let end = try await firstLeaseEnd() { pause = min(pause, .seconds(max(0.01, end.timeIntervalSince(now) + 0.01))) }
                } else {
                    pause = min(pause, max(.milliseconds(10), watch.judgesFrom - clock.elapsed()))
                }
                if let due = try await enqueuePeriodic() { pause = min(pause, .seconds(max(0.01, due.timeIntervalSince(now)))) }
                if clock.elapsed() >= prunesAt {
                    try await prune()
                    prunesAt = clock.elapsed() + times.pruning
                }
            } catch {
                // The cycle and the heartbeat say that the database is away.
                logger.debug("upkeep failed", ["worker.id": .init(id), "error": .init("\(error)")])
            }
            // Cancelled at the worker's end.
            try? await Task.sleep(for: pause, clock: .continuous)
        }
    }

    private var reading: ClockWatch.Reading {
        ClockWatch.Reading(
            wall: .seconds(now.timeIntervalSince1970),
            elapsed: clock.elapsed(),
            awake: clock.awake()
        )
    }

    // MARK: Rescue

    private func rescueStrays(at time: Date) async throws {
        let strays = try await database.read { [store, handlers] in
            try store.strays(kinds: handlers.keys.sorted(), now: time, in: $0)
        }
        for stray in strays { try await rescue(stray, expiredBefore: time) }
    }

    /// A process that is gone from this machine needs no waiting: its number is free, or somebody else's.
    private func rescueNeighbours() async throws {
        guard let prefix = identity.machinePrefix else { return }
        let gone = try await database.read { [store] in try store.busyWorkers(onHostOf: prefix, in: $0) }
            .filter { WorkerIdentity.isGone(incarnation: $0.incarnation) }
            .map(\.id)
        if gone.isEmpty { return }
        let strays = try await database.read { [store, handlers] in
            try store.strays(of: gone, kinds: handlers.keys.sorted(), in: $0)
        }
        for stray in strays { try await rescue(stray, expiredBefore: nil) }
    }

    private func rescue(_ stray: Stray, expiredBefore: Date?) async throws {
        let status = try await database.write { [self] in try rescue(stray, expiredBefore: expiredBefore, now: now, in: $0) }
        if let status {
            logger.warning("a lost job was taken up", ["job.id": .init(stray.key.job), "job.status": .init(status.rawValue)])
        }
    }

    /// Ends the attempt of a lost worker, whose lease must have ended before `expiredBefore`; nil when it is known to be dead.
    ///
    /// - Returns: What the job became, or nil when its worker was faster.
    /// - Throws: ``StorageError``.
    func rescue(_ stray: Stray, expiredBefore: Date?, now: Date, in transaction: Transaction) throws -> JobStatus? {
        guard let job = try store.leased(stray.key, in: transaction), let handler = handlers[job.kind] else { return nil }
        if let expiredBefore, let expires = job.leaseExpiresAt, expires >= expiredBefore { return nil }
        guard let ending = store.ending(ofLost: job, host: stray.host, now: now) else { return nil }
        try tell(handler, job, becomes: ending.status, in: transaction)
        let worker = WorkerName(id: job.workerID ?? "", host: stray.host)
        try store.end(job, as: ending, worker: worker, now: now, in: transaction)
        return ending.status
    }

    /// Calls the handler's hook; when that fails for good, the job's end must not fail with it.
    func tell(_ handler: any JobHandler, _ job: JobRecord, becomes status: JobStatus, in transaction: Transaction) throws {
        do {
            try transaction.nested { try handler.lost(job, becomes: status, in: transaction) }
        } catch let error as StorageError where error.mayPass {
            throw error
        } catch {
            logger.error("a handler's hook for a lost job failed", ["job.id": .init(job.id), "error": .init("\(error)")])
        }
    }

    private func firstLeaseEnd() async throws -> Date? {
        try await database.read { [store, id] in try store.firstLeaseEnd(notOf: id, in: $0) }
    }

    // MARK: Periodic jobs and pruning

    private func enqueuePeriodic() async throws -> Date? {
        if periodic.isEmpty || only != nil { return nil }
        let now = self.now
        return try await database.write { [store, periodic] transaction in
            var next: Date?
            for job in periodic {
                let due = try store.enqueue(job, now: now, in: transaction)
                next = min(next ?? due, due)
            }
            return next
        }
    }

    private func prune() async throws {
        guard let kept = times.keepsFinishedJobs, only == nil else { return }
        let now = self.now
        while !Task.isCancelled {
            let removed = try await database.write { [store] in
                try store.prune(finishedBefore: now.addingTimeInterval(-kept.inSeconds), limit: 500, in: $0)
            }
            if removed < 500 { break }
        }
        try await database.write { [store] in
            _ = try store.pruneWorkers(silentSince: now.addingTimeInterval(-7 * 86400), in: $0)
        }
    }
}
