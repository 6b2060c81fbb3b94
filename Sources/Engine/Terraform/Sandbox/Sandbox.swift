internal import Host

/// What a run is locked into.
///
/// With bubblewrap: a process table of its own, the system's programs and the workspace and nothing else of the host; the network is
/// shared, for the run has to reach its cloud. When the process that started the run dies, everything in it dies.
///
/// - SeeAlso: <https://github.com/containers/bubblewrap>
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
        case bubblewrap(path: String)
        /// setpriv(1): only the "die with parent" part.
        case setpriv(path: String)
        case nothing
    }

    let means: Means
    /// What is in force, and if nothing is, why; said at start and in every job.
    package let sentence: String

    package var isInForce: Bool { if case .bubblewrap = means { true } else { false } }

    init(means: Means, sentence: String) {
        self.means = means
        self.sentence = sentence
    }

    /// Finds out once, by really running something in it (10 ms).
    ///
    /// - Parameters:
    ///   - mode: What the operator wants.
    ///   - environment: Its `PATH` is searched.
    /// - Returns: What is in force from now on.
    /// - Throws: ``TerraformError/Reason/sandboxUnavailable(why:)`` when it is required and doesn't work.
    package static func establish(_ mode: Mode, environment: [String: String]) async throws(TerraformError) -> Sandbox {
        let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        var why = "switched off"
        if mode != .off {
            if let bubblewrap = Executable.find("bwrap", path: path) {
                guard let fault = await fault(of: bubblewrap) else {
                    return Sandbox(means: .bubblewrap(path: bubblewrap), sentence: "runs are locked into a bubblewrap sandbox")
                }
                why = "bubblewrap does not work here: \(fault)"
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

    /// Nil when it works.
    private static func fault(of bubblewrap: String) async -> String? {
        let arguments = Layout.isolation + Layout.system() + ["true"]
        do throws(HostError) {
            let answer = try await ChildProcess.run(
                .init(bubblewrap, arguments, environment: ["PATH": Layout.searchPath]),
                timeout: .seconds(10)
            )
            if answer.status.isSuccess { return nil }
            return answer.errorText.split(separator: "\n").first.map(String.init) ?? "it ended with \(answer.status.end)"
        } catch {
            return error.description
        }
    }

    private static func works(_ setpriv: String) async -> Bool {
        let command = ChildProcess.Command(setpriv, ["--pdeathsig", "KILL", "/bin/true"], environment: ["PATH": Layout.searchPath])
        // One that can't be started doesn't work.
        guard let answer = try? await ChildProcess.run(command, timeout: .seconds(10)) else { return false }
        return answer.status.isSuccess
    }
}
