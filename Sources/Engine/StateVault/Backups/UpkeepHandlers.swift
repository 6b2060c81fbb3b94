internal import Domain
internal import FoundationEssentials
package import Jobs
internal import Log

/// Walks through all versions and backups once a day: job kind `state-verify`.
package struct VerifyHandler: JobHandler {
    package static let jobKind = "state-verify"
    package let kind = Self.jobKind
    private let vault: StateVault

    package init(vault: StateVault) { self.vault = vault }

    package func run(_ context: JobContext) async throws -> JobEnd {
        context.setActivity(.waiting)
        let report = try await context.whileHeld { [vault] in try await vault.verify() }
        for finding in report.findings {
            vault.logger.warning("the vault's check found something", ["finding": .init("\(finding)")])
        }
        let lost = report.findings.count { if case .lost = $0.outcome { true } else { false } }
        let found = report.findings.count
        let result = #"{"versions":\#(report.versionsChecked),"backups":\#(report.backupsChecked),"findings":\#(found),"lost":\#(lost)}"#
        if let away = report.backupsAway { throw JobFailure(.network, message: away, code: "backup_delayed") }
        return .completed(result: result)
    }
}

/// Removes what retention doesn't keep, twice a day: job kind `state-prune`.
package struct PruneHandler: JobHandler {
    package static let jobKind = "state-prune"
    package let kind = Self.jobKind
    private let vault: StateVault

    package init(vault: StateVault) { self.vault = vault }

    package func run(_ context: JobContext) async throws -> JobEnd {
        context.setActivity(.waiting)
        let report = try await context.whileHeld { [vault] in try await vault.prune(author: "retention") }
        if let problem = report.problem { throw JobFailure(.network, message: problem, code: "backup_delayed") }
        return .completed(result: #"{"removed":\#(report.removed.count),"sealed_bytes":\#(report.sealedByteCount)}"#)
    }
}

extension StateVault {
    /// The handlers of the vault's own jobs.
    package var handlers: [any JobHandler] {
        [BackupHandler(vault: self), VerifyHandler(vault: self), PruneHandler(vault: self)]
    }

    /// The vault's jobs that come by themselves.
    package static let periodicJobs: [PeriodicJob] = [
        periodic(VerifyHandler.jobKind, every: .seconds(86400), timeout: .seconds(86400)),
        periodic(PruneHandler.jobKind, every: .seconds(43200), timeout: .seconds(7200)),
    ]

    private static func periodic(_ kind: String, every: Duration, timeout: Duration) -> PeriodicJob {
        PeriodicJob(name: kind, every: every) { time in
            var random = SystemRandomNumberGenerator()
            return NewJob(
                id: .make(prefix: kind, unixMilliseconds: Int64(clamping: time.timeIntervalSince1970 * 1000), using: &random),
                kind: kind,
                queue: .maintenance,
                concurrencyKey: kind,
                tags: [kind],
                timeout: timeout
            )
        }
    }
}

extension JobContext {
    /// Runs `body`, and cancels it when the attempt is to stop; what it had done by then stays done.
    fileprivate func whileHeld<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
        let stop = stop
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask(operation: body)
            group.addTask {
                _ = await stop.wait()
                return nil
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() ?? nil else { throw JobStopped(reason: stop.reason ?? .shutdown) }
            return value
        }
    }
}
