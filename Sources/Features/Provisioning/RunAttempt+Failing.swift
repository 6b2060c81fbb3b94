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
        let findings = try await stateFindings()
        var isInDoubt = !findings.unrecorded.isEmpty
        if case .killed = exit.end { isInDoubt = !findings.isHarmless }
        if isInDoubt { explanation += "\n\(findings.explanation(project: deployment.project))" }
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
            // It died by itself: what it was doing is in doubt, as when it is killed.
            let findings = CrashFindings(events: tracker.resources, stateAddresses: (try? await stateAddresses()) ?? [])
            if !findings.inFlight.isEmpty {
                let message = "\(exit.sentence).\n\(findings.explanation(project: deployment.project))"
                return await ends.failure(.conflict, code: "terraform_failed", message: message)
            }
            return await failure(
                .unknown,
                code: "terraform_failed",
                message: "\(exit.sentence); `slipway logs \(job)` has its output."
            )
        }
        let verdict = FailureVerdict(errors, exit: exit)
        let rest = errors.count > 1 ? "\nand \(errors.count - 1) more, in `slipway logs \(job)`" : ""
        let brief = first.summary + (first.place.map { " (\($0))" } ?? "")
        let hint = errors.lazy.compactMap { services.runner.networkHint(for: $0.text) }.first.map { "\n\($0)" } ?? ""
        return await failure(verdict.reason, code: verdict.code, message: first.text + rest + hint, brief: brief)
    }

    /// A failure that names, whatever its cause was, what Terraform reported as made and the state doesn't have: from here on it is nobody's.
    private func failure(_ reason: FailureClass, code: String?, message: String, brief: String? = nil) async -> JobFailure {
        // What can't be read is no proof that something is missing; and a state that could not be stored lies in the workspace, for the next attempt.
        guard code != "unrecorded_resources", !tracker.hasUnsavedState, let findings = try? await stateFindings(),
            !findings.unrecorded.isEmpty
        else {
            return await ends.failure(reason, code: code, message: message, brief: brief)
        }
        let whole = "\(message)\n\(findings.explanation(project: deployment.project))"
        return await ends.failure(.conflict, code: "unrecorded_resources", message: whole)
    }

    /// Terraform was killed, by whom- or whatever: what was in flight is in doubt, as after a crash of the worker.
    private func killed(_ cause: RunExit.KillCause, _ exit: RunExit) async -> JobFailure {
        let findings = CrashFindings(events: tracker.resources, stateAddresses: (try? await stateAddresses()) ?? [])
        var (reason, code) = (FailureClass.lostWorker, "terraform_killed")
        switch cause {
        case .memoryLimit: (reason, code) = (.quota, "memory_limit")
        case .exceeded(let excess): (reason, code) = (.quota, "\(excess.kind.rawValue)_limit")
        case .graceOver, .forced, .signal: break
        }
        guard findings.isHarmless || order.options.resumeAfterCrash else {
            let message = "\(exit.sentence).\n\(findings.explanation(project: deployment.project))"
            return await ends.failure(.conflict, code: code, message: message)
        }
        return await ends.failure(reason, code: code, message: "\(exit.sentence).")
    }

    /// Gives any error that ended the attempt its class, and what to write beside it.
    func failure(from error: any Error) async -> any Error {
        switch error {
        case let failure as JobFailure where failure.alongside != nil: return failure
        case let failure as JobFailure: return await self.failure(failure.reason, code: failure.code, message: failure.message)
        case let error as JobsError: return error
        case let error as TerraformError:
            // A second attempt would only do the same once more.
            if case .foreign = error.reason { return await failure(.conflict, code: "workspace_changed", message: "\(error).") }
            if case .limitExceeded(let excess) = error.reason {
                return await failure(.quota, code: "\(excess.kind.rawValue)_limit", message: "\(error).")
            }
            return await failure(error.isBadInput ? .validation : .serverError, code: nil, message: "\(error)")
        case let error as VaultError:
            var reason = FailureClass.stateRefused
            if case .locked = error.reason { reason = .lockContention } else if error.isTransient { reason = .serverError }
            return await failure(reason, code: nil, message: "\(error)")
        case let error as SealingError: return await failure(.permission, code: nil, message: "\(error)")
        case let error as StorageError: return await failure(.serverError, code: nil, message: "\(error)")
        case let error as ProvisioningError: return await failure(.validation, code: nil, message: "\(error)")
        case let error as HostError: return await failure(.serverError, code: nil, message: "\(error)")
        case is CancellationError: return error
        default:
            // Whatever it is, the deployment must not stay busy.
            services.logger.error("A run failed with an unknown error", ["job.id": .init(job), "error": .init("\(error)")])
            return await failure(.unknown, code: "internal_error", message: "An internal error: the log of the worker says more.")
        }
    }

    // MARK: - The state as the vault has it

    /// What Terraform reported, compared with what the vault has.
    func stateFindings() async throws -> CrashFindings {
        CrashFindings(events: tracker.resources, stateAddresses: try await stateAddresses())
    }

    func stateAddresses() async throws -> Set<String> {
        guard let state = try await services.vault.load(deployment.id) else { return [] }
        return Set(try StateDocument(parsing: state.bytes).resources.map(\.address))
    }

    private func taintedAddresses() async throws -> [String] {
        guard let state = try await services.vault.load(deployment.id) else { return [] }
        return try StateDocument(parsing: state.bytes).resources.filter(\.isTainted).map(\.address)
    }
}
