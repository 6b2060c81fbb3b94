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
        let finished: ChildProcess.Finished
        do throws(HostError) {
            let command = try sandbox.command(try order(.validate, in: workspace, settings: settings))
            finished = try await ChildProcess.run(command, timeout: .seconds(120), limit: 8 << 20)
        } catch {
            throw TerraformError(error)
        }
        guard let answer = JSONValue(parsing: finished.output), let isValid = answer["valid"]?.bool else {
            throw TerraformError(.programBroken(path: program.path, message: String(finished.errorText.prefix(500))))
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
