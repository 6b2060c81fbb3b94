internal import Domain
internal import FoundationEssentials
internal import Log
internal import Storage
internal import Synchronization

/// One attempt: the handler's run, its writes, and its end.
extension Worker {
    /// Runs a job's handler and ends the attempt as it says.
    func attempt(_ running: RunningJob) async {
        guard let handler = handlers[running.record.kind] else { return }
        let verdict: Verdict
        do {
            verdict = .end(try await handler.run(JobContext(worker: self, running: running)))
        } catch {
            verdict = .init(error, stop: running.stop.reason)
        }
        if case .unknown(let error) = verdict {
            logger.error("a handler failed with an unknown error", ["job.id": .init(running.key.job), "error": .init("\(error)")])
        }
        running.state.withLock { $0.isEnding = true }
        let hasReport = running.state.withLock { $0.report != nil }
        if case .end(.completed(let result, nil)) = verdict, !hasReport {
            state.withLock { $0.completions.append(Completion(key: running.key, result: result)) }
            bell.ring()
        } else {
            await end(running, as: verdict, handler)
        }
    }

    // MARK: Ending alone

    private func end(_ running: RunningJob, as verdict: Verdict, _ handler: any JobHandler) async {
        let report = running.state.withLock { $0.takeReport() }
        var verdict = verdict
        var pause = Duration.milliseconds(50)
        while true {
            do {
                let status = try await write(verdict, of: running, report: report, handler)
                if let status {
                    logger.info("job ended", ["job.id": .init(running.key.job), "job.status": .init(status.rawValue)])
                } else {
                    logger.warning(
                        "a job ended after its lease",
                        ["job.id": .init(running.key.job), "job.fence": .init(running.key.fence)]
                    )
                }
                break
            } catch let error as StorageError where error.mayPass {
                // A lease that is over, or is given up, is not waited for.
                if clock.elapsed() + pause > running.leaseEnds || running.stop.reason == .leaseLost {
                    drop(running, error)
                    return
                }
                try? await Task.sleep(for: pause, clock: .continuous)
                pause = min(pause * 2, .seconds(1))
            } catch {
                // The handler's own writes at the end failed: the attempt has, too, and ends without them.
                if verdict.isBare {
                    drop(running, error)
                    return
                }
                logger.error("the end of a job failed", ["job.id": .init(running.key.job), "error": .init("\(error)")])
                verdict = .unknown(error)
            }
        }
        remove(running)
    }

    private func write(
        _ verdict: Verdict,
        of running: RunningJob,
        report: Report?,
        _ handler: any JobHandler
    ) async throws -> JobStatus? {
        var generator = RandomSource(next64: random)
        let pause = retry.pause(after: running.record.attempt, using: &generator)
        return try await database.write { [self] transaction in
            let now = self.now
            if let report { try store.report([(running.key, report)], now: now, in: transaction) }
            guard let job = try store.leased(running.key, in: transaction) else {
                // After a commit whose outcome was unknown, it may have ended already.
                guard try store.hasEnded(running.key, in: transaction) else { return nil }
                return try store.job(running.key.job, in: transaction)?.status
            }
            let ending = try verdict.ending(of: job, retryAt: now.addingTimeInterval(pause.inSeconds), in: transaction)
            if verdict.isForeign { try tell(handler, job, becomes: ending.status, in: transaction) }
            try store.end(job, as: ending, worker: name, now: now, in: transaction)
            return ending.status
        }
    }

    private func remove(_ running: RunningJob) {
        state.withLock { state in
            if state.running[running.key.job] === running { state.running[running.key.job] = nil }
        }
        bell.ring()
    }

    private func drop(_ running: RunningJob, _ error: any Error) {
        logger.warning("the end of a job could not be written", ["job.id": .init(running.key.job), "error": .init("\(error)")])
        state.withLock { state in
            state.dropped.insert(running.key)
            state.isUnsure = true
        }
        remove(running)
    }

    // MARK: What a handler does

    func write<T: Sendable>(for running: RunningJob, _ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        let token = Int64(bitPattern: random())
        let kept = Mutex<T?>(nil)
        var pause = Duration.milliseconds(50)
        while true {
            do {
                return try await database.write { [self] transaction in
                    guard try store.holdsLease(running.key, marking: token, in: transaction) else { throw lost(running, nil) }
                    let value = try body(transaction)
                    kept.withLock { $0 = value }
                    return value
                }
            } catch let error as StorageError where error.mayPass {
                if error.reason == .connectionLost, let value = try await committed(token, running, kept.withLock { $0 }) { return value }
                if clock.elapsed() + pause > running.leaseEnds { throw lost(running, error) }
                try await Task.sleep(for: pause, clock: .continuous)
                pause = min(pause * 2, .seconds(1))
            }
        }
    }

    /// Whether a write whose commit's outcome was unknown is there; tried until the database answers or the lease is over.
    private func committed<T: Sendable>(_ token: Int64, _ running: RunningJob, _ value: T?) async throws -> T? {
        while true {
            do {
                return try await database.read { [store] in try store.isMarked(running.key, by: token, in: $0) } ? value : nil
            } catch let error as StorageError where error.mayPass {
                if clock.elapsed() > running.leaseEnds { throw lost(running, error) }
                try await Task.sleep(for: .milliseconds(250), clock: .continuous)
            }
        }
    }

    private func lost(_ running: RunningJob, _ cause: (any Error)?) -> JobsError {
        JobsError(.leaseLost(job: running.key.job, fence: running.key.fence), cause: cause)
    }

    func note(_ report: Report, for running: RunningJob) {
        running.state.withLock { $0.report = report }
        let isFirst = state.withLock { state in
            guard state.reportsDueAt == nil else { return false }
            let elapsed = clock.elapsed()
            state.reportsDueAt = max(elapsed, (state.reportedAt ?? elapsed - times.report) + times.report)
            return true
        }
        if isFirst { bell.ring() }
    }

    func set(_ activity: Activity, for running: RunningJob) {
        let isFreed = state.withLock { state in
            if activity == .waiting {
                let waiting = state.running.values.filter { $0.state.withLock { $0.activity } == .waiting }.count
                if waiting >= limits.waiting { return false }
            }
            running.state.withLock { $0.activity = activity }
            return activity == .waiting
        }
        if isFreed { bell.ring() }
    }
}
