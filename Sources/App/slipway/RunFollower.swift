import Domain
import Events
import FoundationEssentials
import Host
import Jobs
import Provisioning
import Storage
import Synchronization

/// Shows a job to its end: live on a terminal, as lines elsewhere, as JSON for programs; asks about a plan, and passes Ctrl-C on.
///
/// The job itself runs in a worker process: whatever happens to this one, the job goes on.
struct RunFollower: Sendable {
    let program: Composition
    let context: CommandContext
    let job: JobID
    /// Whether someone is asked about a plan that waits.
    var asks = false
    /// The last event that is of no interest as a line; the live view draws a picture of all of them.
    var known: Int64 = 0

    /// What became of the job when there is nothing more to see.
    private enum Pause: Sendable {
        case over(ExitCode)
        case awaitsApproval
        /// The person let go of it.
        case left
    }

    /// Follows the job.
    ///
    /// - Parameter startsWorker: Whether a worker is started for the job.
    /// - Returns: How the job ended, or that it waits.
    /// - Throws: ``CommandError`` when there is no such job; what the database throws.
    func follow(startsWorker: Bool) async throws -> ExitCode {
        let found = try await program.database.read { [jobs = program.jobs, job] transaction in
            (record: try jobs.job(job, in: transaction), deployment: try DeploymentStore().deployment(ofJob: job, in: transaction))
        }
        guard let record = found.record else { throw CommandError("There is no job '\(job)'; `slipway jobs` lists those there are.") }
        let seen = Mutex<Int64>(0)
        let worker = JobWorker(program: program, job: job)
        if startsWorker { try worker.start() }
        while true {
            let screen = RunScreen(
                job: record,
                project: found.deployment?.project ?? "",
                organization: found.deployment?.organizationName ?? "",
                command: context.command,
                output: context.output
            )
            if !screen.isLive { seen.withLock { $0 = max($0, known) } }
            let pause = try await watch(screen, seen: seen, worker: startsWorker ? worker : nil)
            switch pause {
            case .over(let code): return code
            case .left: return .cancelled
            case .awaitsApproval:
                guard asks else { return .waitingForApproval }
                guard await answer(to: record.kind == RunAction.destroy.rawValue ? .destroy : .apply) else {
                    try await program.decisions.refuse(job, by: program.person)
                    context.output.line("Nothing was changed.")
                    return .cancelled
                }
                try await program.decisions.approve(job, by: program.person)
                try worker.start()
                // The live view begins anew below the answer, with all that is known already.
                if screen.isLive { seen.withLock { $0 = 0 } }
            }
        }
    }

    // MARK: - Details

    /// Asks; Ctrl-C means no.
    private func answer(to question: Prompt.Question) async -> Bool {
        let prompt = Prompt(paint: context.output.console.paint)
        // Awaited below; a task of its own, because Ctrl-C must be able to end the waiting for a line.
        let asking = Task { await prompt.ask(question) }
        let interrupts = InterruptHandler(first: { asking.cancel() }, again: {})
        defer { interrupts.restore() }
        return await asking.value
    }

    /// Shows events until the job is over, waits for a decision, or is let go.
    ///
    /// - Parameters:
    ///   - screen: Where.
    ///   - seen: The last event that was shown.
    ///   - worker: The one to be replaced when it dies; nil when the job is someone else's.
    /// - Returns: Why there is nothing more to see.
    /// - Throws: What the database throws.
    private func watch(_ screen: RunScreen, seen: borrowing Mutex<Int64>, worker: JobWorker?) async throws -> Pause {
        screen.start()
        defer { screen.giveBack() }
        let hasLeft = Mutex(false)
        let (cancels, cancel) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let leave: @Sendable () -> Void = { hasLeft.withLock { $0 = true } }
        // A closed terminal or a lost connection is nobody's wish to cancel: the job goes on.
        // Nor is it that of someone who only watches another's job.
        let stop: @Sendable () -> Void = { cancel.yield() }
        let interrupts = InterruptHandler(first: worker == nil ? leave : stop, again: leave, hangUp: leave)
        defer { interrupts.restore() }
        // Passes the first Ctrl-C on; ends with the stream, and is awaited below.
        let canceller = Task { [program, job] in
            for await _ in cancels {
                screen.cancelling()
                _ = try await program.decisions.cancel(job, force: false, by: program.person)
            }
        }
        var last = seen.withLock { $0 }
        var pause = Pause.left
        func show(_ batch: [StoredEvent]) {
            for stored in batch {
                last = stored.ordinal
                if let event = stored.event { screen.show(event, at: stored.createdAt) }
            }
        }
        // Whatever happens to the database: the job goes on in its worker, and is found again.
        var awaySince: ContinuousClock.Instant?
        var isFollowing = true
        while isFollowing {
            do {
                try await EventFollower(database: program.database, fallback: .milliseconds(500)).follow(job, after: last) { batch in
                    awaySince = nil
                    show(batch)
                    if let ended = try await state(afterEvents: batch, screen, hasWorker: worker != nil) {
                        // The end may have been committed after the batch was read, and before the job's row was.
                        while true {
                            let (job, after) = (job, last)
                            let rest = try await program.database.read { try EventStore().events(of: job, after: after, in: $0) }
                            if rest.isEmpty { break }
                            show(rest)
                        }
                        pause = ended
                        return false
                    }
                    if hasLeft.withLock({ $0 }) { return false }
                    if batch.isEmpty { try worker?.restartIfGone() }
                    return true
                }
                isFollowing = false
            } catch let error as StorageError where error.mayPass {
                let since = awaySince ?? .now
                if awaySince == nil {
                    context.output.note("\(ErrorText.sentence(of: error)) The job goes on in its worker; waiting for the database.")
                }
                awaySince = since
                guard !hasLeft.withLock({ $0 }), .now - since < .seconds(600) else { throw error }
                try await Task.sleep(for: .milliseconds(500))
            }
        }
        cancel.finish()
        try await canceller.value
        seen.withLock { $0 = last }
        switch pause {
        case .left: screen.left()
        case .awaitsApproval: screen.finish(asking: asks)
        case .over: screen.finish(asking: false)
        }
        return pause
    }

    /// A worker whose database has no room waits for some, and can't say so itself.
    private var fullDisk: String? {
        let folder = program.configuration.dataFolder
        guard program.configuration.databaseURL == nil, let storage = try? FolderStorage(of: folder),  // not there: nothing to say
            storage.freeBytes < 64 << 10
        else { return nil }
        return "no space is left in \(folder): free some, and the job goes on"
    }

    /// Where the job stands when there is nothing more to see; nil while it goes on.
    private func state(afterEvents batch: [StoredEvent], _ screen: RunScreen, hasWorker: Bool) async throws -> Pause? {
        // Events first, then the row: what ends a job commits with its last event, so that none is missed.
        guard batch.isEmpty || batch.contains(where: { $0.name == JobEvent.Name.finished.rawValue }) else { return nil }
        let (record, reason) = try await program.database.read { [jobs = program.jobs, job] transaction in
            let record = try jobs.job(job, in: transaction)
            return (
                record, try record.flatMap { try WaitReason.text(for: $0, hasWorker: hasWorker, jobs: jobs, now: Date(), in: transaction) }
            )
        }
        guard let record else { return .over(.failed) }
        if batch.isEmpty, !record.status.isFinal { screen.waits(reason ?? fullDisk) }
        switch record.status {
        case .completed: return batch.isEmpty ? .over(.done) : nil
        case .failed: return batch.isEmpty ? .over(.failed) : nil
        case .cancelled: return batch.isEmpty ? .over(.cancelled) : nil
        case .scheduled where record.stage == .approval: return batch.isEmpty ? .awaitsApproval : nil
        default: return nil
        }
    }
}
