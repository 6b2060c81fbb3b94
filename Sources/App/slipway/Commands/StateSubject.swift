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

    /// Runs `body`, and lets its errors name the project in place of a number.
    static func naming<T>(_ deployment: Deployment, _ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as VaultError {
            let project = deployment.project
            switch error.reason {
            case .noVersion(_, nil),
                .noVersion(_, _) where deployment.stateVersion == 0:
                throw CommandError("The project '\(project)' has no state yet.")
            case .noVersion(_, 0): throw CommandError("The project '\(project)' has no version before the first; name one with --from.")
            case .noVersion(_, let version?):
                throw CommandError("The project '\(project)' has no version \(version) of its state; `slipway state versions` lists them.")
            case .unknownKey(let key, _, let version):
                throw CommandError(
                    "Version \(version) of the state of '\(project)' was sealed with the key \"\(key)\", which is not in the keyring: put it back."
                )
            default: throw error
            }
        }
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
