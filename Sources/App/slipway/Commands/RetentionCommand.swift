import Domain
import Provisioning
import StateVault
import Storage

/// Runs `slipway state retention`: what an organization keeps of its states' history.
enum RetentionCommand {
    private struct Document: Encodable {
        let organization: String
        let versions: Int
        let days: Int
        let isOwn: Bool
    }

    static func run(_ context: CommandContext) async throws -> ExitCode {
        let program = try await context.open()
        let name = context.organization
        let (keep, days, isReset) = (context.command.integer("keep"), context.command.integer("days"), context.command.flag("reset"))
        let (vault, standard, person) = (program.vault, program.configuration.retention, program.person)
        let policy: RetentionPolicy
        let isOwn: Bool
        if keep != nil || days != nil || isReset {
            (policy, isOwn) = try await program.database.write { transaction in
                let organization = try DeploymentStore().requireOrganization(named: name, in: transaction)
                let before = try vault.retention(of: organization, in: transaction)
                let wanted = isReset ? nil : RetentionPolicy(versions: keep ?? before.versions, days: days ?? before.days)
                try vault.setRetention(wanted, of: organization, by: person, in: transaction)
                return (wanted ?? standard, wanted != nil)
            }
        } else {
            (policy, isOwn) = try await program.database.read { transaction in
                let organization = try DeploymentStore().requireOrganization(named: name, in: transaction)
                let own = try vault.ownRetention(of: organization, in: transaction)
                return (own ?? standard, own != nil)
            }
        }
        if context.output.isJSON {
            try context.output.json(Document(organization: name, versions: policy.versions, days: policy.days, isOwn: isOwn))
        } else {
            let versions = policy.versions == 1 ? "the newest version" : "the newest \(policy.versions) versions"
            let source = isOwn ? "its own rule" : "as configured for all"
            context.output.line(
                policy.days == 0
                    ? "\(name) keeps \(versions) of each state, \(source)."
                    : "\(name) keeps \(versions) of each state and everything younger than \(HumanText.count(policy.days, "day")), \(source)."
            )
        }
        return .done
    }
}
