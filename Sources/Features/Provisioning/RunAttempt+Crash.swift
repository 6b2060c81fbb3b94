internal import Domain
internal import Events
internal import Jobs
internal import Log
internal import StateVault
internal import Storage
internal import Terraform

extension RunAttempt {
    /// Looks for what an earlier attempt of this job left when its worker died: its workspace on this machine, and resources in flight.
    ///
    /// - Throws: ``JobFailure`` with the list, unless the job was asked to go on by itself.
    func settleCrash() async throws {
        let (leftovers, heard) = try await adoptLeftovers()
        let reported = try await reportedSinceLastEnd()
        // What lies in the workspace is complete; what is in the database may lack the last milliseconds.
        let events = heard.isEmpty ? reported : heard
        defer { for leftover in leftovers { leftover.remove() } }
        guard !events.isEmpty else { return }
        let findings = CrashFindings(events: events, stateAddresses: try await stateAddresses())
        guard !findings.inFlight.isEmpty || !findings.unrecorded.isEmpty else { return }
        let explanation = findings.explanation(project: deployment.project)
        guard findings.isHarmless || order.options.resumeAfterCrash else {
            throw JobFailure(.conflict, message: explanation, code: "resources_in_doubt")
        }
        let summary = "An earlier attempt died while resources were in flight"
        let diagnostic = DiagnosticReport(severity: .warning, summary: summary, detail: explanation)
        try await recorder.record([.diagnostic(diagnostic)], text: "Warning: \(explanation)\n")
    }

    /// Seals the state of this job's own leftover workspaces under the new lease.
    ///
    /// - Returns: The leftovers, to be removed once all is settled, and the resource events that Terraform had written in them.
    private func adoptLeftovers() async throws -> ([Leftover], [JobEvent]) {
        let job = job
        let fence = fence
        let leftovers = try Leftover.adopt(in: services.workspaces) {
            LeftoverFacts($0)?.job == job
        } superseding: {
            // Its worker was stopped, or the machine stood still, until the lease was over: it may not write any more, and its Terraform does.
            LeftoverFacts($0).map { $0.job == job && $0.fence < fence } ?? false
        }
        var heard: [JobEvent] = []
        for leftover in leftovers {
            try await recorder.record(
                [.log(LogLine(text: "Adopting the workspace of a worker that died"))],
                text: "Adopting the workspace of a worker that died\n"
            )
            heard += leftover.lines(settings: RunSettings(redactor: secrets(sourceFacts: nil, state: nil).redactor)).flatMap(
                JobEvent.events
            )
            // Without one the vault has the last whole state, or there never was one.
            guard let state = leftover.lastState else { continue }
            do {
                if let saved = try await save(state, as: .intermediate, summary: nil) { try await announce(saved) }
            } catch let error as VaultError where !error.isTransient {
                guard let facts = LeftoverFacts(leftover.metadata) else { continue }
                try LeftoverRescue(services: services).setAside(state.bytes, of: facts, because: error.description)
            }
        }
        return (leftovers, heard.filter { if case .resource = $0 { true } else { false } })
    }

    /// The job's resource events after its last orderly end: those of an attempt that died.
    private func reportedSinceLastEnd() async throws -> [JobEvent] {
        let last = order.lastOrdinal
        guard last > 0 else { return [] }
        return try await services.database.read { [services, job] transaction in
            try services.events.eventsSinceEnd(of: job, upTo: last, in: transaction).compactMap(\.event)
        }
    }
}
