internal import FoundationEssentials
package import Jobs
internal import Log
internal import Sealing
internal import Storage
internal import Synchronization
package import Terraform

/// Lets Terraform check what a project was deployed from: without its state, its variables and its credentials.
package struct SourceValidation: Sendable {
    /// Why it isn't done now.
    package enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// The same caller's last one isn't over.
        case underWay
        /// Jobs compute on all slots of this process.
        case busy

        package var description: String {
            switch self {
            case .underWay: "A validation of yours is still running; wait for its answer."
            case .busy: "All workers of this server are busy; try again when a job has ended."
            }
        }
    }

    private var services: ProvisioningServices
    private let slots: SpareSlots
    private let callers = Callers()
    private let patience: Duration
    private let timeLimit: Duration

    /// Makes what validates.
    ///
    /// - Parameters:
    ///   - services: What jobs run with, too.
    ///   - slots: What this process's worker leaves free: each validation takes one.
    ///   - patience: How long one waits for a slot.
    ///   - timeLimit: How long one may take.
    package init(
        services: ProvisioningServices,
        slots: SpareSlots,
        patience: Duration = .seconds(30),
        timeLimit: Duration = .seconds(300)
    ) {
        self.services = services
        self.slots = slots
        self.patience = patience
        self.timeLimit = timeLimit
    }

    /// Runs Terraform's own checks.
    ///
    /// A provider that is not in the store yet is brought in first, which can take a while.
    ///
    /// - Parameters:
    ///   - deployment: Whose source.
    ///   - caller: Who asks: each has one at a time.
    /// - Returns: What Terraform says, or that it took too long.
    /// - Throws: ``Refusal``; ``ProvisioningError`` when nothing was deployed yet, ``TerraformError``.
    package func validate(_ deployment: Deployment, for caller: String) async throws -> ValidationReport {
        guard callers.enter(caller) else { throw Refusal.underWay }
        defer { callers.leave(caller) }
        let report = try await slots.withSlot(within: patience) { try await withinTime { try await validate(deployment) } }
        guard let report else { throw Refusal.busy }
        return report
    }

    // MARK: - Details

    /// Who has one under way.
    private final class Callers: Sendable {
        private let names = Mutex<Set<String>>([])

        func enter(_ name: String) -> Bool { names.withLock { $0.insert(name).inserted } }
        func leave(_ name: String) { names.withLock { _ = $0.remove(name) } }
    }

    /// Cancels work that takes too long, which ends its Terraform.
    private func withinTime(_ work: @escaping @Sendable () async throws -> ValidationReport) async throws -> ValidationReport {
        try await withThrowingTaskGroup(of: ValidationReport?.self) { group in
            group.addTask(operation: work)
            group.addTask { [timeLimit] in
                try await Task.sleep(for: timeLimit)
                return nil
            }
            defer { group.cancelAll() }
            if let report = try await group.next() ?? nil { return report }
            let seconds = Int(clamping: timeLimit.components.seconds)
            return ValidationReport(
                isValid: false,
                diagnostics: [Diagnostic(summary: "Terraform took longer than \(seconds) seconds to check the configuration")]
            )
        }
    }

    private func validate(_ deployment: Deployment) async throws -> ValidationReport {
        guard let sourceID = try await newestSource(of: deployment) else {
            throw ProvisioningError(.notFound, "The project '\(deployment.project)' was never deployed: there is nothing to validate.")
        }
        let stored = try await services.database.read { [services] transaction in
            (
                source: try services.runs.sealedSource(sourceID, in: transaction),
                lock: try services.deployments.providerLock(of: deployment.id, in: transaction)
            )
        }
        guard let sealed = stored.source else {
            throw ProvisioningError(.notFound, "What the project '\(deployment.project)' was deployed from is no longer kept.")
        }
        let context = SealContext.source(
            organization: deployment.sealingName,
            project: deployment.project,
            sha256: sealed.sha256
        )
        let source = try SourceFiles(packed: Envelope.open(sealed.sealed, with: services.keyring, context: context))
        let (network, limits) = try await services.openSurroundings(for: deployment.organization)
        defer { network.close() }
        var validation = self
        validation.services = services.withoutLease().joining(network, under: limits)
        return try await validation.validate(source, lock: stored.lock)
    }

    private func validate(_ source: SourceFiles, lock: String?) async throws -> ValidationReport {
        let workspace = try Workspace.make(in: services.workspaces, source: source)
        defer { workspace.remove() }
        let settings = RunSettings(limits: services.limits)
        var preparation = try await services.runner.prepare(workspace, lock: lock, settings: settings)
        if case .needsInitialization = preparation, try await !services.runner.fillStore(for: workspace).isEmpty {
            preparation = try await services.runner.prepare(workspace, lock: lock, settings: settings)
        }
        if case .ready = preparation, let report = try await services.runner.validate(workspace, settings: settings) {
            return report
        }
        return try await initialized(workspace, settings)
    }

    /// What the newest job was queued with, for the checks come before the deploy.
    private func newestSource(of deployment: Deployment) async throws -> Int64? {
        try await services.database.read { [runs = services.runs] in
            try runs.newestSource(of: deployment.id, in: $0) ?? deployment.sourceID
        }
    }

    private func initialized(_ workspace: Workspace, _ settings: RunSettings) async throws -> ValidationReport {
        var found: [Diagnostic] = []
        for _ in 0..<2 {
            found = []
            let run = try services.runner.start(.initialize, in: workspace, settings: settings)
            let exit = await withTaskCancellationHandler {
                for await line in run.lines {
                    if case .diagnostic(let diagnostic) = line.event, diagnostic.severity == .error { found.append(diagnostic) }
                }
                return await run.wait()
            } onCancel: {
                run.kill()
            }
            if exit.needsInitialization { continue }
            guard exit.isSuccess else {
                if found.isEmpty { found = [Diagnostic(summary: exit.attributed(to: settings.limits).sentence)] }
                return ValidationReport(isValid: false, diagnostics: found)
            }
            _ = try await services.runner.keepProviders(of: workspace)
            if let report = try await services.runner.validate(workspace, settings: settings) { return report }
        }
        return ValidationReport(isValid: false, diagnostics: found.isEmpty ? [Diagnostic(summary: "Providers can't be installed")] : found)
    }
}
