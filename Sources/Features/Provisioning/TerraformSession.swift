internal import Domain
internal import Events
internal import Jobs
internal import StateVault
internal import Terraform

/// One Terraform command at work: its lines become events, its state goes into the vault as it is written, and a stop reaches it.
struct TerraformSession: Sendable {
    let attempt: RunAttempt
    let workspace: Workspace
    let settings: RunSettings
    /// Where the deployment stands once Terraform begins to change things; nil for commands that don't.
    var applying: (status: DeploymentStatus, stage: JobStage, message: String)?

    /// Runs the command to its end.
    func run(_ command: TerraformCommand) async throws -> RunExit {
        attempt.tracker.beginCommand()
        let run = try attempt.services.runner.start(command, in: workspace, settings: settings)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await passOnStops(to: run) }
            group.addTask {
                for await activity in run.activity { attempt.context.setActivity(activity == .waiting ? .waiting : .computing) }
            }
            for await line in run.lines { await take(line) }
            // As in take(_:).
            for entry in attempt.tracker.endChatter() { try? await attempt.recorder.record(entry.events, text: entry.text) }
            let exit = await run.wait().attributed(to: settings.limits)
            group.cancelAll()
            attempt.context.setActivity(.computing)
            if !exit.needsInitialization || command == .initialize {
                for (events, text) in attempt.tracker.held { try? await attempt.recorder.record(events, text: text) }  // as in take(_:)
            }
            return exit
        }
    }

    // MARK: - Lines

    private func take(_ heard: TerraformLine) async {
        let line = RunVariables.naming(attempt.order.inputs.variableFiles.map(\.name), in: heard)
        let hasBegun = attempt.tracker.take(line)
        let events = JobEvent.events(for: line)
        attempt.tracker.remember(events)
        // A lost lease is told by the stop signal, and ends Terraform; its last lines are no longer this worker's to write.
        try? await record(events, line, hasBegun: hasBegun)
    }

    private func record(_ events: [JobEvent], _ line: TerraformLine, hasBegun: Bool) async throws {
        if hasBegun, let applying {
            try await attempt.enter(applying.status, applying.stage, RunProgress.applying, applying.message)
        }
        if !attempt.tracker.hold(events, text: text(of: line), of: line) {
            let entry = LogBudget.Entry(events: events, text: text(of: line))
            for due in line.isChatter ? attempt.tracker.chatter(entry) : [entry] {
                try await attempt.recorder.record(due.events, text: due.text)
            }
        }
        guard applying != nil, attempt.tracker.isApplying else { return }
        switch line.event {
        case .applyComplete, .applyErrored:
            let (done, total) = attempt.tracker.counts
            let failed = attempt.tracker.failedCount
            let succeeded = min(done, total) - failed
            let message = "\(succeeded) of \(total) resources done" + (failed > 0 ? ", \(failed) failed" : "")
            try await attempt.recorder.advance(
                progress: RunProgress.applying(done: done, of: total),
                message: message,
                created: succeeded,
                remaining: max(total - done, 0)
            )
        default: break
        }
    }

    /// The line as the execution log keeps it: an error with its explanation, anything else as Terraform says it.
    private func text(of line: TerraformLine) -> String {
        guard case .diagnostic(let diagnostic) = line.event else { return line.message.isEmpty ? "" : "\(line.message)\n" }
        return "\(diagnostic.text)\n"
    }

    // MARK: - Stops

    /// SIGINT once for every reason that leaves time; the end at once for those that don't.
    private func passOnStops(to run: TerraformRun) async {
        guard var reason = await attempt.context.stop.wait() else { return }
        while true {
            switch reason {
            case .shutdown, .cancelled, .timedOut: run.stop(grace: attempt.services.grace)
            case .forced, .leaseLost: run.kill()
            }
            guard let next = await attempt.context.stop.wait(beyond: reason) else { return }
            reason = next
        }
    }
}

extension TerraformLine {
    /// Whatever a provisioner or a module likes to say; nothing depends on it.
    fileprivate var isChatter: Bool {
        switch event {
        case .provisionProgress, .plainText, .unknown, .log, .initOutput, .refreshStart, .refreshComplete, .applyProgress: true
        default: false
        }
    }
}
