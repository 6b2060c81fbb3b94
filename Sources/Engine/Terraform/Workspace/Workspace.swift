internal import FoundationEssentials
internal import Host
internal import Synchronization

/// A private folder in which Terraform runs.
///
/// ```
/// lock            held by this process: when it dies, the folder becomes a ``Leftover`` for the next
/// run.json        the caller's words about the run; written last, so that a half-made workspace is known by its absence
/// output.jsonl    what Terraform wrote: in a file, so that it outlives this process
/// last.tfstate    the last whole state that was seen, for a crash in the middle of a rewrite
/// inside/         all that the run itself sees and may write
///   source/       the configuration, the backend override, .terraform
///   state/        terraform.tfstate
///   plan · variables-N.tfvars · terraformrc · tmp/
/// ```
package final class Workspace: Sendable {
    private struct Held {
        var lock: FileLock?
        /// The providers of the store that this run is given, which nobody may evict.
        var providers: [GivenProvider] = []
        /// What the store has for it, and what it lacks.
        var choice = ProviderChoice()
        /// The lock file that `init` is to keep to, where the configuration has none of its own.
        var keptLock: String?
        /// What `initialize` brought in; the run's own, and removed with it.
        var downloads: DownloadFolder?
    }

    package let path: String
    package let facts: SourceFacts
    /// Relative to ``insideFolder``, in the order in which they count.
    let variableFiles: [String]
    private let held: Mutex<Held>

    private init(path: String, facts: SourceFacts, variableFiles: [String], lock: FileLock) {
        self.path = path
        self.facts = facts
        self.variableFiles = variableFiles
        held = Mutex(Held(lock: lock))
    }

    var insideFolder: String { "\(path)/inside" }
    package var sourceFolder: String { "\(path)/inside/source" }
    /// Holds ``statePath`` and nothing else that matters: the folder to watch.
    package var stateFolder: String { "\(path)/inside/state" }
    package var statePath: String { "\(path)/inside/state/terraform.tfstate" }
    /// For a copy of the last whole state, which the run itself can't reach.
    package var stateCopyPath: String { "\(path)/\(Self.stateCopyName)" }
    package var planPath: String { "\(path)/inside/plan" }
    package var outputPath: String { "\(path)/output.jsonl" }
    static let metadataName = "run.json"
    static let lockName = "lock"
    static let stateCopyName = "last.tfstate"

    /// Makes a workspace.
    ///
    /// - Parameters:
    ///   - root: Where.
    ///   - source: The configuration.
    ///   - variables: Values for its variables.
    ///   - state: The state to start from; nil for none.
    ///   - plan: The plan to apply; nil for none.
    ///   - metadata: Words that ``Leftover`` gives back after a crash: ids, fencing number. No secrets.
    /// - Returns: A workspace that nobody else adopts as long as this process lives.
    /// - Throws: ``TerraformError``; nothing stays behind.
    package static func make(
        in root: WorkspaceRoot,
        source: SourceFiles,
        variables: RunVariables = RunVariables(),
        state: [UInt8]? = nil,
        plan: [UInt8]? = nil,
        metadata: [String: String] = [:]
    ) throws(TerraformError) -> Workspace {
        let facts = try SourceFacts(of: source)
        let variableFiles = try variables.written(for: facts)
        let path = "\(root.path)/\(UUID().uuidString.lowercased())"
        do throws(HostError) {
            try FileSystem.makeFolder(root.path)
            try FileSystem.makeNewFolder(path)
            // Locked before it has its name: whoever looks for leftovers never finds a lock that is not held yet.
            guard let lock = try FileLock.take("\(path)/\(lockName).new") else { throw HostError(errno: 11, doing: "lock", path: path) }
            try FileSystem.rename("\(path)/\(lockName).new", to: "\(path)/\(lockName)")
            let workspace = Workspace(path: path, facts: facts, variableFiles: variableFiles.map(\.name), lock: lock)
            for folder in ["inside", "inside/state", "inside/tmp", "inside/source", "inside/source/.terraform"] {
                try FileSystem.makeNewFolder("\(path)/\(folder)")
            }
            try workspace.write(source)
            for file in variableFiles { try FileSystem.write(file.content, to: "\(path)/inside/\(file.name)") }
            if let state { try FileSystem.write(state, to: workspace.statePath) }
            if let plan { try FileSystem.write(plan, to: workspace.planPath) }
            try FileSystem.write([], to: workspace.outputPath)
            try workspace.write(metadata)
            return workspace
        } catch {
            // What can't be removed now is a half-made leftover, which the next process removes.
            try? FileSystem.removeTree(path)
            throw TerraformError(error)
        }
    }

    /// The state as it stands: nil when there is none; while Terraform runs it may be torn.
    package func state() throws(TerraformError) -> [UInt8]? { try content(of: statePath) }

    /// The plan that `plan` made: for the caller to seal, for it holds variables and state.
    package func plan() throws(TerraformError) -> [UInt8]? { try content(of: planPath) }

    /// Takes other words instead of those given at the start.
    package func setMetadata(_ metadata: [String: String]) throws(TerraformError) {
        try attempt { () throws(HostError) in try write(metadata) }
    }

    /// Removes the folder with everything in it; nothing may run in it any more.
    package func remove() {
        let (lock, downloads) = held.withLock { held in
            defer { held = Held() }
            return (held.lock, held.downloads)
        }
        // Should anything resist, it is without a lock from here on, and the next process removes it.
        downloads?.remove()
        try? FileSystem.removeTree(path)
        lock?.release()
    }

    // MARK: - For the runner

    var keptLock: String? {
        get { held.withLock { $0.keptLock } }
        set { held.withLock { $0.keptLock = newValue } }
    }

    var downloads: DownloadFolder? {
        get { held.withLock { $0.downloads } }
        set { held.withLock { $0.downloads = newValue } }
    }

    var choice: ProviderChoice {
        get { held.withLock { $0.choice } }
        set { held.withLock { $0.choice = newValue } }
    }

    var providers: [GivenProvider] {
        get { held.withLock { $0.providers } }
        set { held.withLock { $0.providers = newValue } }
    }

    // MARK: - Details

    private func content(of path: String) throws(TerraformError) -> [UInt8]? {
        guard FileSystem.exists(path) else { return nil }
        return try attempt { () throws(HostError) in try FileSystem.read(path) }
    }

    private func write(_ source: SourceFiles) throws(HostError) {
        for entry in source.entries {
            let target = "\(sourceFolder)/\(entry.path)"
            if let slash = target.lastIndex(of: "/") { try FileSystem.makeFolder(String(target[..<slash])) }
            switch entry.content {
            case .file(let bytes, let isExecutable): try FileSystem.write(bytes, to: target, mode: isExecutable ? 0o700 : 0o600)
            case .link(let link): try FileSystem.makeLink(at: target, to: link)
            }
        }
        try FileSystem.write(Array(BackendOverride.content.utf8), to: "\(sourceFolder)/\(BackendOverride.fileName)")
        try FileSystem.write(Array(BackendOverride.initializedBackend.utf8), to: "\(sourceFolder)/.terraform/terraform.tfstate")
    }

    private func write(_ metadata: [String: String]) throws(HostError) {
        let members = metadata.sorted { $0.key < $1.key }.map { JSONValue.Member(name: $0.key, value: .string($0.value)) }
        let target = "\(path)/\(Self.metadataName)"
        try FileSystem.write(Array(JSONValue.object(members).text.utf8), to: target + ".new")
        try FileSystem.rename(target + ".new", to: target)
    }
}
