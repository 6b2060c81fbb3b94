package import Host

/// What a run is locked into.
///
/// With bubblewrap: a process table of its own, the system's programs and the workspace and nothing else of the host; which network, a
/// ``RunNetwork`` says. When the process that started the run dies, everything in it dies.
package struct Sandbox: Sendable, Hashable {
    package enum Mode: String, Sendable, CaseIterable {
        /// No sandbox, no run.
        case required
        /// When bubblewrap works here.
        case preferred
        case off
    }

    /// How programs are started.
    enum Means: Hashable {
        case bubblewrap(Bubblewrap)
        /// setpriv(1): only the "die with parent" part.
        case setpriv(path: String)
        case nothing
    }

    let means: Means
    /// Nothing less will do.
    let isRequired: Bool
    /// What is in force, and if nothing is, why; said at start and in every job.
    package let sentence: String

    package var isInForce: Bool { bubblewrap != nil }

    /// A wall around runs, and how it stands here.
    package struct Wall: Sendable, Hashable {
        package let name: String
        package let isUp: Bool
        /// For people.
        package let sentence: String
    }

    /// Every wall but the sandbox itself, in the order in which they stand.
    package var walls: [Wall] {
        guard let bubblewrap else {
            return [Wall(name: "run walls", isUp: false, sentence: "none: without the sandbox a run reads and writes what this user can")]
        }
        let user =
            switch (bubblewrap.user, CurrentUser.id) {
            case (let user?, _):
                Wall(name: "run user", isUp: true, sentence: "user \(user.user), group \(user.group), without any right of root's")
            case (nil, 0):
                Wall(name: "run user", isUp: false, sentence: "root, in a namespace of users: this machine allows Slipway no other sandbox")
            case (nil, let own): Wall(name: "run user", isUp: true, sentence: "user \(own), in a namespace of users of its own")
            }
        let filter =
            bubblewrap.filter == nil
            ? Wall(name: "system calls", isUp: false, sentence: "not filtered: install the package libseccomp2")
            : Wall(
                name: "system calls",
                isUp: true,
                sentence: "filtered: no tracing, keys, mounts, namespaces, raw sockets or parts of the kernel"
            )
        return [
            user, filter,
            bubblewrap.closesAbstractSockets
                ? Wall(name: "abstract sockets", isUp: true, sentence: "closed to runs, whichever network they have")
                : Wall(
                    name: "abstract sockets",
                    isUp: false,
                    sentence: "open to runs whose network is host: closing them takes Linux 6.12 with Landlock"
                ),
            Wall(name: "output", isUp: true, sentence: "Terraform's own: nothing that it starts can write, read or end it"),
        ]
    }

    /// Whom the runs' own files have to belong to; nil is this user.
    package var user: FileOwner? { bubblewrap?.user }

    var bubblewrap: Bubblewrap? { if case .bubblewrap(let bubblewrap) = means { bubblewrap } else { nil } }

    init(means: Means, isRequired: Bool = false, sentence: String) {
        self.means = means
        self.isRequired = isRequired
        self.sentence = sentence
    }

    /// Finds out once, by really running something in it (10 ms).
    ///
    /// - Parameters:
    ///   - mode: What the operator wants.
    ///   - environment: Its `PATH` is searched.
    ///   - runUser: As whom runs go on where this process is root's: a name, or `UID:GID`; nil is `nobody`.
    /// - Returns: What is in force from now on.
    /// - Throws: ``TerraformError/Reason/sandboxUnavailable(why:)`` when it is required and doesn't work, and for a user that there isn't.
    package static func establish(
        _ mode: Mode,
        environment: [String: String],
        runUser: String? = nil
    ) async throws(TerraformError) -> Sandbox {
        let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        let user = try user(runUser)
        var why = "switched off"
        if mode != .off {
            if let bubblewrap = Executable.find("bwrap", path: path) {
                let (found, fault) = await working(bubblewrap, as: user, searching: path)
                if let found, found.filter != nil || mode != .required {
                    return Sandbox(means: .bubblewrap(found), isRequired: mode == .required, sentence: sentence(for: found, named: runUser))
                }
                why = fault ?? "bubblewrap does not work here"
            } else {
                why = "bubblewrap (bwrap) is not on PATH"
            }
        }
        guard mode != .required else { throw TerraformError(.sandboxUnavailable(why: why)) }
        let sentence = "runs are NOT sandboxed (\(why)): Terraform code can read what this user can"
        if let setpriv = Executable.find("setpriv", path: path), await works(setpriv) {
            return Sandbox(means: .setpriv(path: setpriv), sentence: sentence)
        }
        return Sandbox(means: .nothing, sentence: sentence)
    }

    /// Nil unless this process is root's.
    private static func user(_ name: String?) throws(TerraformError) -> FileOwner? {
        guard CurrentUser.id == 0 else { return nil }
        guard let user = UserTable.user(name ?? "nobody"), user.user != 0 else {
            throw TerraformError(.sandboxUnavailable(why: "there is no user '\(name ?? "nobody")' for runs, or it is root itself"))
        }
        return user
    }

    /// The best way of using it that works.
    private static func working(
        _ program: String,
        as user: FileOwner?,
        searching path: String
    ) async -> (found: Bubblewrap?, fault: String?) {
        let filter: SystemCallFilter?
        var missing: String?
        do throws(HostError) {
            filter = try SystemCallFilter.untrusted()
        } catch {
            (filter, missing) = (nil, error.path)
        }
        let best = Bubblewrap(path: program, filter: filter, user: user, searchPath: path)
        guard let fault = await best.fault() else { return (best, missing) }
        // Root of a container that may make namespaces of users but no others.
        if user != nil {
            let other = Bubblewrap(path: program, filter: filter, user: nil, searchPath: path)
            if await other.fault() == nil { return (other, missing) }
        }
        return (nil, "bubblewrap does not work here: \(fault)")
    }

    private static func sentence(for bubblewrap: Bubblewrap, named name: String?) -> String {
        var sentence = "runs are locked into a bubblewrap sandbox"
        if bubblewrap.user != nil { sentence += " as the user \(name ?? "nobody")" }
        if bubblewrap.filter == nil { sentence += ", without a filter of system calls (libseccomp2 is missing)" }
        return sentence
    }

    private static func works(_ setpriv: String) async -> Bool {
        let command = ChildProcess.Command(setpriv, ["--pdeathsig", "KILL", "/bin/true"], environment: ["PATH": Layout.searchPath])
        // One that can't be started doesn't work.
        guard let answer = try? await ChildProcess.run(command, timeout: .seconds(10)) else { return false }
        return answer.status.isSuccess
    }
}
