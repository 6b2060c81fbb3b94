internal import Domain
internal import Events
internal import FoundationEssentials
internal import Jobs
internal import Log
internal import StateVault
internal import Storage
internal import Terraform

/// One attempt at a job: prepares a workspace, runs Terraform in it, and leaves the vault with what really exists, whatever happens.
struct RunAttempt: Sendable {
    let context: JobContext
    private(set) var services: ProvisioningServices
    let order: RunOrder
    let recorder: RunRecorder
    let tracker: RunTracker
    let began: Date
    /// What the storage of workspaces keeps for it, in bytes.
    private(set) var room = 0

    var job: JobID { context.job.id }
    var deployment: Deployment { order.deployment }
    var fence: Fence { context.fence }

    /// Does what the job asks for.
    ///
    /// - Throws: ``JobFailure`` with what to write beside the failure; ``JobStopped`` is never left to the worker, which couldn't say it.
    func run() async throws -> JobEnd {
        try await withThrowingTaskGroup(of: JobEnd?.self) { group in
            group.addTask {
                // A lost lease is told by the stop signal; what can't be written any more is not this worker's to write.
                try? await recorder.run()
                return nil
            }
            group.addTask { try await work() }
            defer { group.cancelAll() }
            for try await end in group {
                guard let end else { continue }
                return end
            }
            throw CancellationError()
        }
    }

    // MARK: - The way of a run

    private func work() async throws -> JobEnd {
        do {
            let end = try await steps()
            await recorder.close()
            return end
        } catch let stop as CarriedOutStop {
            let end = try await end(of: stop)
            await recorder.close()
            return end
        } catch let stop as JobStopped {
            let end = try await end(of: CarriedOutStop(reason: stop.reason, explanation: "Nothing was changed."))
            await recorder.close()
            return end
        } catch {
            let failure = await failure(from: error)
            await recorder.close()
            throw failure
        }
    }

    private func end(of stop: CarriedOutStop) async throws -> JobEnd {
        if stop.reason == .timedOut {
            let limit = Int(clamping: context.job.timeout / .seconds(1))
            throw await ends.failure(
                .timedOut,
                code: nil,
                message: "The job's time limit of \(limit) seconds is over; use a longer --timeout. \(stop.explanation)"
            )
        }
        return try await ends.stopped(stop.reason, explanation: stop.explanation)
    }

    private func steps() async throws -> JobEnd {
        let (network, limits) = try await begin()
        // Also keeps it until nothing runs in it any more.
        defer { network.close() }
        let claim = try await claimRoom()
        defer { claim.release() }
        var attempt = self
        attempt.services = services.joining(network, under: limits)
        attempt.room = claim.byteCount
        return try await attempt.stepsInNetwork()
    }

    private func stepsInNetwork() async throws -> JobEnd {
        guard order.options.action.changesSomething else { return try await lockedSteps() }
        let request = lockRequest
        _ = try await services.locks.take(request)
        let (logger, job) = (services.logger, job)
        let result: Result<JobEnd, any Error>
        do {
            let end = try await services.locks.keeping(request) { holder in
                // The run goes on: until another writes, what Terraform made is better kept than lost.
                logger.warning("The state's lock was lost", ["job.id": .init(job), "lock.holder": .init(holder?.holder ?? "nobody")])
            } _: {
                try await lockedSteps()
            }
            result = .success(end)
        } catch {
            result = .failure(error)
        }
        await services.locks.forget(request.deployment, id: request.id)
        return try result.get()
    }

    private func lockedSteps() async throws -> JobEnd {
        try await settleCrash()
        try await enter(.initializing, .`init`, RunProgress.preparing, "Preparing the workspace")
        let workspace = try await openWorkspace()
        // What the vault doesn't have stays where the next attempt finds it.
        defer { if !tracker.hasUnsavedState { workspace.remove() } }
        let secrets = secrets(sourceFacts: workspace.facts, state: try workspace.state())
        let settings = RunSettings(
            environment: order.inputs.environment,
            redactor: secrets.redactor,
            limits: services.limits,
            room: room
        )
        for warning in workspace.facts.warnings {
            try await recorder.record([.diagnostic(DiagnosticReport(severity: .warning, summary: warning))], text: "Warning: \(warning)\n")
        }
        try await prepare(workspace, settings)
        return try await RunStages(attempt: self, workspace: workspace, settings: settings, secrets: secrets).run()
    }

    /// Says that the run has begun; the right to write the state comes with its lock, for another may hold that.
    ///
    /// - Returns: The network that it has, to be closed by the caller, and what it may take.
    private func begin() async throws -> (network: RunNetwork, limits: RunLimits) {
        let now = services.now()
        let sealedVariables = try order.options.action == .deploy && order.inputs.hasVariables ? order.sealedVariables(services) : nil
        try await context.write { [services, order, job, context] transaction in
            try services.deployments.begin(
                order.deployment.id,
                job: job,
                source: order.options.action == .plan ? nil : order.sourceID,
                retryCount: context.job.attempt - 1,
                now: now,
                in: transaction
            )
            if order.options.action == .deploy {
                try services.deployments.setSealedVariables(sealedVariables, of: order.deployment.id, in: transaction)
                if let isOn = order.options.autoRegisterServer {
                    try services.deployments.setAutoRegister(isOn, of: order.deployment.id, in: transaction)
                }
            }
            // Handing back and waiting for an approval give the attempt back: the first word of a job is its first begin.
            if order.lastOrdinal == 0 {
                try services.usage.countRun(of: order.deployment.organization, now: now, in: transaction)
            }
        }
        services.logger.info("Run began", ["job.id": .init(job), "job.attempt": .init(context.job.attempt), "fence": .init(fence)])
        let (network, limits) = try await services.openSurroundings(for: deployment.organization)
        let report = EnvironmentReport(
            program: "\(services.runner.program.flavor.name) \(services.runner.program.version)",
            sandbox: services.runner.sandbox.sentence,
            network: network.sentence,
            limits: limits.sentence,
            workspace: services.workspaces.isMemoryBacked ? "memory" : "disk",
            attempt: context.job.attempt,
            worker: services.worker
        )
        let lines = [
            "\(report.program), attempt \(report.attempt) on \(report.worker)", report.sandbox, network.sentence,
            services.workspaces.sentence, "Limits: \(limits.sentence)",
        ]
        try await recorder.record([.environment(report)], text: lines.joined(separator: "\n") + "\n")
        return (network, limits)
    }

    /// Keeps people and other programs from changing the state meanwhile; released in the transaction that ends the attempt.
    ///
    /// A worker that dies holds others up for the lock's lifetime at most. The lock of an earlier attempt that died has the job's id too, and
    /// is simply ours.
    private var lockRequest: LockRequest {
        LockRequest(
            deployment.id,
            id: job.rawValue,
            holder: "job \(job) on \(services.worker)",
            reason: order.options.action.rawValue,
            fence: fence
        )
    }

    private func openWorkspace() async throws -> Workspace {
        let state = try await services.vault.load(deployment.id)
        return try Workspace.make(
            in: services.workspaces,
            source: order.source,
            variables: RunVariables(
                files: order.inputs.variableFiles.map { .init(name: $0.name, content: $0.content) },
                values: order.inputs.variables
            ),
            state: state?.bytes,
            plan: order.plan,
            metadata: LeftoverFacts(job: job, deployment: deployment.id, fence: fence, project: deployment.project).metadata
        )
    }

    private func prepare(_ workspace: Workspace, _ settings: RunSettings) async throws {
        var preparation = try await unlessStopped {
            try await services.runner.prepare(workspace, lock: order.providerLock, settings: settings)
        }
        if case .needsInitialization = preparation {
            try await enter(.initializing, .`init`, RunProgress.preparing, "Installing providers")
            let installed = try await unlessStopped { try await services.runner.fillStore(for: workspace) }
            for provider in installed {
                let text = "Installed the provider \(provider)"
                try await recorder.record([.log(LogLine(text: text))], text: "\(text)\n")
            }
            if !installed.isEmpty {
                preparation = try await services.runner.prepare(workspace, lock: order.providerLock, settings: settings)
            }
        }
        switch preparation {
        case .ready(let lock):
            if let lock, lock != order.providerLock { try await keep(lock) }
            try await recorder.advance(progress: RunProgress.prepared, message: "The workspace is ready")
        case .needsInitialization: try await initialize(workspace, settings)
        }
        try context.stop.check()
    }

    /// A stop ends a download at once.
    func unlessStopped<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                _ = await context.stop.wait()
                return nil
            }
            defer { group.cancelAll() }
            for try await result in group {
                if let result { return result }
                // Also reached when this task itself is cancelled.
                try context.stop.check()
            }
            throw CancellationError()
        }
    }

    /// A real `terraform init` in the run's own sandbox, for what the store can't be filled with beforehand.
    func initialize(_ workspace: Workspace, _ settings: RunSettings) async throws {
        try await enter(.initializing, .`init`, RunProgress.preparing, "Installing providers")
        let session = TerraformSession(attempt: self, workspace: workspace, settings: settings)
        var exit = try await session.run(.initialize)
        // The kept lock was outgrown, and is gone now.
        if exit.needsInitialization, context.stop.reason == nil { exit = try await session.run(.initialize) }
        guard exit.isSuccess else { throw try await failure(of: exit) }
        let lock = try await unlessStopped { try await services.runner.keepProviders(of: workspace) }
        if let lock { try await keep(lock) }
        try await recorder.advance(progress: RunProgress.prepared, message: "Providers are installed")
    }

    /// The deployment's next runs keep to these provider versions.
    private func keep(_ lock: String) async throws {
        try await context.write { [services, deployment] in try services.deployments.setProviderLock(lock, of: deployment.id, in: $0) }
    }

    func enter(_ status: DeploymentStatus, _ stage: JobStage, _ progress: Int, _ message: String) async throws {
        try await recorder.enter(status, stage: stage, progress: progress, message: message)
    }

    /// What neither a line nor an output may show.
    func secrets(sourceFacts: SourceFacts?, state: [UInt8]?) -> RunSecrets {
        // A state that can't be read is refused where it matters, by Terraform and by the vault.
        let outputs = state.flatMap { try? StateDocument(parsing: $0) }?.outputs ?? []
        return RunSecrets(inputs: order.inputs, source: order.source, facts: sourceFacts, outputs: outputs)
    }
}
