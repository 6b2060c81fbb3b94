import Access
import Audit
import Storage

/// What the commands about organizations, people, tokens and the audit log share: they need the database, and no key.
struct AccessProgram: Sendable {
    let database: Database
    let store: AccessStore
    /// The local user, who is the administrator here.
    let author: Author

    /// Opens the database, runs `body` with it, and closes it.
    static func with(_ context: CommandContext, _ body: (AccessProgram) async throws -> ExitCode) async throws -> ExitCode {
        let configuration = try context.configuration()
        let database = try await Composition.openDatabase(configuration)
        let author = Author(Composition.person(configuration))
        do {
            let code = try await body(AccessProgram(database: database, store: AccessStore(database: database), author: author))
            await database.close()
            return code
        } catch {
            await database.close()
            throw error
        }
    }
}
