internal import Domain
internal import FoundationEssentials
package import Jobs
internal import Storage

/// Writes one version's backup: job kind `state-backup`.
package struct BackupHandler: JobHandler {
    package static let jobKind = "state-backup"
    /// About a day and a half of trying, with the queue's pauses of a minute to an hour.
    static let maximumAttempts = 40

    package let kind = Self.jobKind
    private let vault: StateVault

    package init(vault: StateVault) { self.vault = vault }

    private struct Payload: Codable {
        let deployment: DeploymentID
        let version: Int
    }

    /// The job for a version as it is now; the same one twice is one job.
    static func job(for deployment: DeploymentID, version: Int, at now: Date) -> NewJob {
        var random = SystemRandomNumberGenerator()
        return NewJob(
            id: .make(prefix: "backup", unixMilliseconds: Int64(clamping: now.timeIntervalSince1970 * 1000), using: &random),
            kind: jobKind,
            queue: .maintenance,
            concurrencyKey: "state-backup:\(deployment)/\(version)",
            payload: #"{"deployment":\#(deployment),"version":\#(version)}"#,
            tags: ["state-backup"],
            maximumAttempts: maximumAttempts,
            // A replaced version gets a job of its own, even while the old one's runs.
            uniqueKey: "state-backup:\(deployment)/\(version)/\(now.microseconds)"
        )
    }

    package func run(_ context: JobContext) async throws -> JobEnd {
        let payload = try JSONDecoder().decode(Payload.self, from: Data(context.job.payload.utf8))
        context.setActivity(.waiting)
        do throws(VaultError) {
            switch try await vault.backUp(payload.deployment, version: payload.version) {
            case .stored(let path, _): return .completed(result: #"{"path":"\#(path)"}"#)
            case .gone: return .completed()
            }
        } catch {
            if error.reason == .noDeployment(payload.deployment) { return .completed() }
            let message = error.description
            // Whatever keeps the store away, a person may mend it meanwhile: only a lost version is not tried again.
            let isLost = if case .unrecoverable = error.reason { true } else { false }
            throw JobFailure(isLost ? .stateRefused : .network, message: message, code: isLost ? "state_lost" : "backup_delayed") {
                [vault] transaction, willRetry in
                try vault.markFailed(
                    payload.deployment,
                    version: payload.version,
                    message,
                    isFinal: !willRetry,
                    in: transaction
                )
            }
        }
    }
}
