internal import Glibc
internal import Testing

/// PostgreSQL's server programs on this machine.
struct PostgresPrograms: Sendable {
    /// The folder with `initdb`, `postgres` and `psql`.
    private let folder: Substring

    /// Finds them, or cancels the running test with the reason.
    ///
    /// - Throws: ``RequiredTool/Missing`` where no test may be skipped.
    static func find() throws -> PostgresPrograms {
        guard try RequiredTool.postgres.isPresent(), let path = RequiredTool.postgres.path, let slash = path.lastIndex(of: "/") else {
            try Test.cancel("PostgreSQL is missing: \(RequiredTool.postgres.remedy)")
        }
        return PostgresPrograms(folder: path[..<slash])
    }

    /// The command line of a program, as `nobody` when the tests run as root, whom PostgreSQL refuses.
    func command(_ program: String, _ arguments: [String]) -> [String] {
        let user = geteuid() == 0 ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"] : []
        return user + ["\(folder)/\(program)"] + arguments
    }
}
