internal import Domain
internal import Events
internal import Host
internal import Jobs
internal import Log
internal import Sealing
internal import StateVault
internal import Storage
internal import Terraform

/// A stop that the attempt has carried out: thrown up to where the attempt ends.
struct CarriedOutStop: Error {
    let reason: StopReason
    let explanation: String
}

extension RunAttempt {
    /// Nil when nobody asked for the end of the command; else how it went.
    func stopped(_ exit: RunExit) async throws -> CarriedOutStop? {
        guard let reason = context.stop.reason else { return nil }
        var explanation = exit.sentence + "."
        let tainted = try await taintedAddresses()
        if !tainted.isEmpty { explanation += " Tainted, to be replaced by the next deploy: \(tainted.joined(separator: ", "))." }
        if case .killed = exit.end {
            let findings = CrashFindings(events: tracker.resources, stateAddresses: try await stateAddresses())
            if !findings.isHarmless { explanation += "\n\(findings.explanation(project: deployment.project))" }
        }
        return CarriedOutStop(reason: reason, explanation: explanation)
    }

    /// What a command that did not succeed ends the attempt with.
    func failure(of exit: RunExit) async throws -> any Error {
        if let stop = try await stopped(exit) { return stop }
        return await failed(exit)
    }

    /// What went wrong, with Terraform's own diagnostic.
    func failed(_ exit: RunExit) async -> JobFailure {
        let errors = tracker.errors
        if case .killed(let cause) = exit.end { return await killed(cause, exit) }
        guard let first = errors.first else {
            return await ends.failure(
                .unknown,
                code: "terraform_failed",
                message: "\(exit.sentence); `slipway logs \(job)` has its output."
            )
        }
        let verdict = FailureVerdict(errors, exit: exit)
        let rest = errors.count > 1 ? "\nand \(errors.count - 1) more, in `slipway logs \(job)`" : ""
        let brief = first.summary + (first.place.map { " (\($0))" } ?? "")
        let hint = errors.lazy.compactMap { services.runner.networkHint(for: $0.text) }.first.map { "\n\($0)" } ?? ""
        return await ends.failure(verdict.reason, code: verdict.code, message: first.text + rest + hint, brief: brief)
    }

    /// Terraform was killed, by whom- or whatever: what was in flight is in doubt, as after a crash of the worker.
    private func killed(_ cause: RunExit.KillCause, _ exit: RunExit) async -> JobFailure {
        let findings = CrashFindings(events: tracker.resources, stateAddresses: (try? await stateAddresses()) ?? [])
        let code = cause == .memoryLimit ? "memory_limit" : "terraform_killed"
        guard findings.isHarmless || order.options.resumeAfterCrash else {
            let message = "\(exit.sentence).\n\(findings.explanation(project: deployment.project))"
            return await ends.failure(.conflict, code: code, message: message)
        }
        return await ends.failure(cause == .memoryLimit ? .quota : .lostWorker, code: code, message: "\(exit.sentence).")
    }

    /// Gives any error that ended the attempt its class, and what to write beside it.
    func failure(from error: any Error) async -> any Error {
        switch error {
        case let failure as JobFailure where failure.alongside != nil: return failure
        case let failure as JobFailure: return await ends.failure(failure.reason, code: failure.code, message: failure.message)
        case let error as JobsError: return error
        case let error as TerraformError:
            return await ends.failure(error.isBadInput ? .validation : .serverError, code: nil, message: "\(error)")
        case let error as VaultError:
            var reason = FailureClass.stateRefused
            if case .locked = error.reason { reason = .lockContention } else if error.isTransient { reason = .serverError }
            return await ends.failure(reason, code: nil, message: "\(error)")
        case let error as SealingError: return await ends.failure(.permission, code: nil, message: "\(error)")
        case let error as StorageError: return await ends.failure(.serverError, code: nil, message: "\(error)")
        case let error as ProvisioningError: return await ends.failure(.validation, code: nil, message: "\(error)")
        case let error as HostError: return await ends.failure(.serverError, code: nil, message: "\(error)")
        case is CancellationError: return error
        default:
            // Whatever it is, the deployment must not stay busy.
            services.logger.error("A run failed with an unknown error", ["job.id": .init(job), "error": .init("\(error)")])
            return await ends.failure(.unknown, code: "internal_error", message: "An internal error: the log of the worker says more.")
        }
    }

    // MARK: - The state as the vault has it

    func stateAddresses() async throws -> Set<String> {
        guard let state = try await services.vault.load(deployment.id) else { return [] }
        return Set(try StateDocument(parsing: state.bytes).resources.map(\.address))
    }

    private func taintedAddresses() async throws -> [String] {
        guard let state = try await services.vault.load(deployment.id) else { return [] }
        return try StateDocument(parsing: state.bytes).resources.filter(\.isTainted).map(\.address)
    }
}
