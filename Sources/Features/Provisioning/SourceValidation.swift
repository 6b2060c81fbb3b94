internal import FoundationEssentials
internal import Log
internal import Sealing
internal import Storage
package import Terraform

/// Lets Terraform check what a project was deployed from: without its state, its variables and its credentials.
package struct SourceValidation: Sendable {
    private var services: ProvisioningServices

    package init(services: ProvisioningServices) { self.services = services }

    /// Runs Terraform's own checks.
    ///
    /// A provider that is not in the store yet is brought in first, which can take a while.
    ///
    /// - Parameter deployment: Whose source.
    /// - Returns: What Terraform says.
    /// - Throws: ``ProvisioningError`` when nothing was deployed yet, ``TerraformError``.
    package func validate(_ deployment: Deployment) async throws -> ValidationReport {
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
        let network = try await services.openNetwork(for: deployment.organization)
        defer { network.close() }
        var validation = self
        validation.services = services.joining(network)
        return try await validation.validate(source, lock: stored.lock)
    }

    // MARK: - Details

    private func validate(_ source: SourceFiles, lock: String?) async throws -> ValidationReport {
        let workspace = try Workspace.make(in: services.workspaces, source: source)
        defer { workspace.remove() }
        let settings = RunSettings()
        if case .ready = try await services.runner.prepare(workspace, lock: lock, settings: settings),
            let report = try await services.runner.validate(workspace, settings: settings)
        {
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
                if found.isEmpty { found = [Diagnostic(summary: exit.sentence)] }
                return ValidationReport(isValid: false, diagnostics: found)
            }
            _ = try await services.runner.keepProviders(of: workspace)
            if let report = try await services.runner.validate(workspace, settings: settings) { return report }
        }
        return ValidationReport(isValid: false, diagnostics: found.isEmpty ? [Diagnostic(summary: "Providers can't be installed")] : found)
    }
}
