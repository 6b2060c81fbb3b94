import Audit
import Domain
import FoundationEssentials
import Provisioning
import StateVault
import Storage

/// Runs `slipway state unlock`.
enum UnlockCommand {
    private struct Document: Encodable {
        let lock: String
        let holder: String
        let reason: String
        let createdAt: Date
    }

    static func run(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let (project, organization) = (try context.command.required("project"), context.organization)
        let deployment = try await program.database.read {
            try DeploymentStore().require(project: project, organization: organization, in: $0)
        }
        guard let current = try await program.vault.currentLock(of: deployment.id) else {
            return try finish(context, nil, project)
        }
        let question = [
            "Do you really want to end this lock?",
            "  \(current)",
            "  Whoever holds it can't write any more once another has taken it. Only 'yes' will be accepted to confirm.",
        ]
        guard try await context.confirmed(question) else {
            context.output.note("The lock stays.")
            return .cancelled
        }
        let person = program.person
        let ended = try await program.locks.end(deployment.id) { lock, transaction in
            try AuditLog().append(
                "state.unlocked",
                of: "deployment:\(deployment.id)",
                by: person,
                organization: deployment.organization,
                details: ["lock": lock.id, "holder": lock.holder, "reason": lock.reason],
                at: Date(),
                in: transaction
            )
        }
        await program.database.close()
        return try finish(context, ended, project)
    }

    private static func finish(_ context: CommandContext, _ ended: StateLock?, _ project: String) throws -> ExitCode {
        if context.output.isJSON {
            try context.output.json(
                ended.map { [Document(lock: $0.id, holder: $0.holder, reason: $0.reason, createdAt: $0.createdAt)] } ?? []
            )
        } else {
            context.output.line(ended.map { "Ended: \($0)." } ?? "The state of '\(project)' is not locked.")
        }
        return .done
    }
}
