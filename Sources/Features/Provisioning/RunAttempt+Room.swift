internal import Events
internal import Jobs
internal import Log
internal import StateVault
internal import Terraform

extension RunAttempt {
    /// Waits until the storage of workspaces has room for this run beside what others were promised, and claims it.
    ///
    /// - Returns: The claim, to be released by the caller.
    /// - Throws: ``JobStopped``, also when the job's time is over; ``TerraformError`` when the storage can't be asked.
    func claimRoom() async throws -> RoomClaim {
        let bytes = try await roomNeeded()
        var isWaiting = false
        defer { if isWaiting { context.setActivity(.computing) } }
        while true {
            switch try await RoomClaim.take(bytes, in: services.workspaces) {
            case .taken(let claim): return claim
            case .short(let shortage):
                let sentence = shortage.sentence(services.workspaces)
                if !isWaiting {
                    services.logger.warning("A run waits for room", ["job.id": .init(job), "room.free": .init(shortage.free)])
                    try await recorder.record([.log(LogLine(text: sentence))], text: "\(sentence)\n")
                    context.setActivity(.waiting)
                    isWaiting = true
                }
                await context.report(stage: context.job.stage, progress: context.job.progress, message: sentence)
            }
            try await unlessStopped { try await Task.sleep(for: .seconds(1)) }
        }
    }

    /// The state three times, as Terraform keeps a backup while it writes and we keep a copy; and twice what comes with the job, for a plan is made of it.
    private func roomNeeded() async throws -> Int {
        let state = try await services.vault.versions(of: deployment.id, limit: 1).first?.byteCount ?? 0
        return 3 * state + 2 * (order.source.byteCount + (order.plan?.count ?? 0)) + RoomClaim.least
    }
}
