internal import FoundationEssentials
internal import Glibc

/// Where PostgreSQL's server programs are on this machine.
struct PostgresPrograms: Sendable {
    /// The folder with `initdb` and `postgres`.
    let folder: String

    /// Found once: on PATH, or where Debian puts them, the newest version first.
    static let installed: PostgresPrograms? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let debian = "/usr/lib/postgresql"
        // Not there is an empty answer.
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: debian)) ?? []).compactMap(Int.init).sorted(by: >)
        let folders = path.split(separator: ":").map(String.init) + versions.map { "\(debian)/\($0)/bin" }
        let found = folders.first { folder in ["initdb", "postgres"].allSatisfy { access("\(folder)/\($0)", X_OK) == 0 } }
        return found.map(PostgresPrograms.init)
    }()

    /// The command line of a program, as `nobody` when the tests run as root, whom PostgreSQL refuses.
    func command(_ program: String, _ arguments: [String]) -> [String] {
        let user = geteuid() == 0 ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"] : []
        return user + ["\(folder)/\(program)"] + arguments
    }
}
