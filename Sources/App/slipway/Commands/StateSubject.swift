import Domain
import Provisioning
import StateVault
import Storage

/// Which states a command is about.
enum StateSubject {
    /// The project that the command names.
    static func deployment(_ context: CommandContext, _ program: Composition) async throws -> Deployment {
        let (project, organization) = (try context.command.required("project"), context.organization)
        return try await program.database.read { try DeploymentStore().require(project: project, organization: organization, in: $0) }
    }

    /// The project, or all of them.
    ///
    /// - Throws: ``UsageError`` when neither or both were asked for.
    static func scope(_ context: CommandContext, _ program: Composition) async throws -> VaultScope {
        let isAll = context.command.flag("all")
        guard isAll == (context.command.string("project") == nil) else {
            throw UsageError(message: "Say either --project NAME or --all.", command: context.command.path)
        }
        guard isAll else { return .deployment(try await deployment(context, program).id) }
        guard let only = context.onlyOrganization else { return .all }
        return .organization(try await program.database.read { try DeploymentStore().requireOrganization(named: only, in: $0) })
    }
}
