internal import Host
internal import Log

/// What Terraform thinks of a configuration by itself.
package struct ValidationReport: Sendable, Hashable {
    package let isValid: Bool
    /// Errors first.
    package let diagnostics: [Diagnostic]

    package init(isValid: Bool, diagnostics: [Diagnostic]) {
        self.isValid = isValid
        self.diagnostics = diagnostics
    }
}

extension TerraformRunner {
    /// Runs `terraform validate` in a prepared workspace.
    ///
    /// - Parameters:
    ///   - workspace: Prepared, or initialised.
    ///   - settings: Masks what is said.
    /// - Returns: What Terraform says; nil when the workspace has to be initialised first.
    /// - Throws: ``TerraformError`` when it can't be started, or says nothing that can be read.
    package func validate(_ workspace: Workspace, settings: RunSettings) async throws(TerraformError) -> ValidationReport? {
        let start = Self.outputNames.map { workspace.folder.facts($0)?.byteCount ?? 0 }
        let run = try self.start(.validate, in: workspace, settings: settings)
        let exit = try await ended(run, within: .seconds(120)).attributed(to: settings.limits)
        guard case .killed(let cause) = exit.end else { return try report(workspace, from: start, settings) }
        // Of the configuration that says something only when it took too much.
        guard case .exceeded = cause else { throw TerraformError(.interrupted(exit.sentence)) }
        return ValidationReport(isValid: false, diagnostics: [Diagnostic(summary: exit.sentence)])
    }

    /// Waits for a short command's end; it is killed after a time, and when nobody waits any more.
    ///
    /// - Returns: How it ended.
    /// - Throws: ``TerraformError/Reason/interrupted(_:)`` when the time was over.
    func ended(_ run: TerraformRun, within time: Duration) async throws(TerraformError) -> RunExit {
        let exit = await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    // Cancelled when it has ended in time.
                    if (try? await Task.sleep(for: time)) != nil { run.kill() }
                }
                let exit = await run.wait()
                group.cancelAll()
                return exit
            }
        } onCancel: {
            run.kill()
        }
        guard exit.end != .killed(.forced) || Task.isCancelled else {
            throw TerraformError(.interrupted("`terraform \(run.command.name)` took longer than \(time) and was killed"))
        }
        return exit
    }

    private static let outputNames = [Workspace.outputName, Workspace.errorName]

    private func report(_ workspace: Workspace, from start: [Int], _ settings: RunSettings) throws(TerraformError) -> ValidationReport? {
        let texts = try attempt { () throws(HostError) in
            try zip(Self.outputNames, start).map { name, start throws(HostError) in
                try workspace.folder.file(name)?.read(from: start, limit: 8 << 20) ?? []
            }
        }
        guard let answer = JSONValue(parsing: texts[0]), let isValid = answer["valid"]?.bool else {
            let message = String(String(decoding: texts[1].prefix(2000), as: UTF8.self).prefix(500))
            throw TerraformError(.programBroken(path: program.path, message: message))
        }
        let found = (answer["diagnostics"]?.array ?? []).compactMap { Self.diagnostic($0, masking: settings) }
        // What a missing `init` looks like, and nothing else does.
        let isUnprepared = found.contains {
            $0.summary == "Missing required provider" || $0.summary == "Module not installed"
                || $0.summary.hasPrefix("Inconsistent dependency lock")
        }
        guard isValid || !isUnprepared else { return nil }
        let errors = found.filter { $0.severity == .error }
        return ValidationReport(isValid: isValid, diagnostics: errors + found.filter { $0.severity == .warning })
    }

    private static func diagnostic(_ value: JSONValue, masking settings: RunSettings) -> Diagnostic? {
        guard let summary = value["summary"]?.string else { return nil }
        return Diagnostic(
            severity: value["severity"]?.string == "warning" ? .warning : .error,
            summary: settings.redactor.redacted(summary),
            detail: settings.redactor.redacted(value["detail"]?.string ?? ""),
            address: value["address"]?.string,
            file: value["range"]?["filename"]?.string,
            line: value["range"]?["start"]?["line"]?.int,
            column: value["range"]?["start"]?["column"]?.int
        )
    }
}
