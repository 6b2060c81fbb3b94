import API
import Domain
import FoundationEssentials
import Host
import Provisioning
import Synchronization

/// Shows a job to its end: live on a terminal, as lines elsewhere, as JSON for programs; asks about a plan, and passes Ctrl-C on.
///
/// The job itself runs in a worker process: whatever happens to this one, the job goes on.
struct RunFollower: Sendable {
    let installation: Installation
    let context: CommandContext
    let job: String
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
    /// - Parameter isOwn: Whether the job is this person's: Ctrl-C cancels it, and without a server a worker is started for it.
    /// - Returns: How the job ended, or that it waits.
    /// - Throws: ``CommandError`` when there is no such job; what the database or the server throws.
    func follow(startsWorker isOwn: Bool) async throws -> ExitCode {
        let document: JobDocument = try await installation.get("jobs", job)
        let worker = isOwn ? installation.program.map { JobWorker(program: $0, job: job) } : nil
        try worker?.start()
        var seen: Int64 = 0
        while true {
            let screen = RunScreen(job: document, command: context.command, output: context.output)
            if !screen.isLive { seen = max(seen, known) }
            switch try await watch(screen, seen: &seen, isOwn: isOwn, worker: worker) {
            case .over(let code): return code
            case .left: return .cancelled
            case .awaitsApproval:
                guard asks else { return .waitingForApproval }
                guard await answer(to: document.kind == RunAction.destroy.rawValue ? .destroy : .apply) else {
                    try await installation.change("POST", "jobs", job, "refuse")
                    context.output.line("Nothing was changed.")
                    return .cancelled
                }
                try await installation.change("POST", "jobs", job, "approve")
                try worker?.start()
                // The live view begins anew below the answer, with all that is known already.
                if screen.isLive { seen = 0 }
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
    ///   - isOwn: The first Ctrl-C cancels the job.
    ///   - worker: The one to be replaced when it dies; nil when the job is someone else's.
    /// - Returns: Why there is nothing more to see.
    /// - Throws: What the database or the server throws.
    private func watch(_ screen: RunScreen, seen: inout Int64, isOwn: Bool, worker: JobWorker?) async throws -> Pause {
        screen.start()
        defer { screen.giveBack() }
        let (cancels, cancel) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let waiting = WaitForEvents()
        // A closed terminal or a lost connection is nobody's wish to cancel: the job goes on.
        // Nor is it that of someone who only watches another's job.
        let interrupts = InterruptHandler(
            first: { if isOwn { cancel.yield() } else { waiting.leave() } },
            again: { waiting.leave() },
            hangUp: { waiting.leave() }
        )
        defer { interrupts.restore() }
        // Passes the first Ctrl-C on; ends with the stream, or is cancelled, and is awaited below.
        let canceller = Task { for await _ in cancels { await passOn(screen) } }
        defer { canceller.cancel() }
        var patience = Patience(installation) { screen.note($0) }
        var pause: Pause?
        var isRunning = false
        while pause == nil {
            do {
                // Nothing has to be seen of a job that runs but its events; one that waits does so for a reason, and its worker may die.
                let seconds = isRunning && worker == nil ? 20 : 1
                guard let progress = try await waiting.next(of: self, after: seen, for: seconds) else {
                    pause = .left
                    break
                }
                patience.end()
                for event in progress.events {
                    seen = event.ordinal
                    if let known = event.event { screen.show(known, at: event.at) }
                }
                isRunning = progress.job.status == JobStatus.processing.rawValue
                guard progress.events.isEmpty else { continue }
                pause = end(of: progress.job)
                if pause == nil {
                    let waits = progress.waits.flatMap { $0.needsWorker && worker != nil ? nil : $0.text }
                    screen.waits(waits ?? fullDisk)
                    try worker?.restartIfGone()
                }
            } catch {
                try await patience.wait(for: error)
                if waiting.isOver { pause = .left }
            }
        }
        cancel.finish()
        if case .left = pause { canceller.cancel() }
        await canceller.value
        switch pause {
        case .left, nil: screen.left()
        case .awaitsApproval: screen.finish(asking: asks)
        case .over: screen.finish(asking: false)
        }
        return pause ?? .left
    }

    /// Asks for what follows an event.
    ///
    /// - Parameters:
    ///   - ordinal: The last one that was seen.
    ///   - seconds: How long the answer may be held back.
    /// - Returns: Them, and where the job stands.
    /// - Throws: What the database or the server throws.
    fileprivate func progress(after ordinal: Int64, for seconds: Int) async throws -> JobProgress {
        var order = APIOrder(method: "GET", path: ["api", "jobs", job, "events"], timeout: .seconds(seconds + 15))
        order.query = [("after", String(ordinal)), ("limit", "1000"), ("wait", String(seconds))]
        return try JobProgress(parsing: try await installation.send(order).body)
    }

    private func passOn(_ screen: RunScreen) async {
        screen.cancelling()
        while !Task.isCancelled {
            do {
                try await installation.change("POST", "jobs", job, "cancel")
                return
            } catch let error as Problem where error.status == 409 {
                // It has ended meanwhile.
                return
            } catch {
                guard Installation.mayPass(error) else {
                    return screen.note("The job can't be cancelled: \(ErrorText.sentence(of: error))")
                }
                try? await Task.sleep(for: .milliseconds(500))  // cancelled: the loop's condition ends it
            }
        }
    }

    /// A worker whose database has no room waits for some, and can't say so itself.
    private var fullDisk: String? {
        guard let configuration = installation.program?.configuration, configuration.databaseURL == nil,
            let storage = try? FolderStorage(of: configuration.dataFolder),  // not there: nothing to say
            storage.freeBytes < 64 << 10
        else { return nil }
        return "no space is left in \(configuration.dataFolder): free some, and the job goes on"
    }

    /// Where the job stands when there is nothing more to see; nil while it goes on.
    private func end(of job: JobDocument) -> Pause? {
        switch JobStatus(rawValue: job.status) {
        case .completed: .over(.done)
        case .failed: .over(.failed)
        case .cancelled: .over(.cancelled)
        case .scheduled where job.stage == JobStage.approval.rawValue: .awaitsApproval
        default: nil
        }
    }
}

/// The wait for the next events, which a person can end.
private final class WaitForEvents: Sendable {
    private let state: Mutex<(isOver: Bool, task: Task<JobProgress, any Error>?)> = Mutex((false, nil))

    var isOver: Bool { state.withLock { $0.isOver } }

    func leave() {
        let task = state.withLock { state in
            state.isOver = true
            return state.task
        }
        task?.cancel()
    }

    /// Nil once it was left.
    func next(of follower: RunFollower, after ordinal: Int64, for seconds: Int) async throws -> JobProgress? {
        // Awaited right below; a task of its own, because Ctrl-C must be able to end it.
        let task = Task { try await follower.progress(after: ordinal, for: seconds) }
        let isOver = state.withLock { state in
            state.task = task
            return state.isOver
        }
        if isOver { task.cancel() }
        do {
            let progress = try await task.value
            return self.isOver ? nil : progress
        } catch {
            if self.isOver { return nil }
            throw error
        }
    }
}
