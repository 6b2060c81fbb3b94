internal import FoundationEssentials
package import Host
internal import Synchronization

/// A private folder in which Terraform runs.
///
/// ```
/// lock            held by this process: when it dies, the folder becomes a ``Leftover`` for the next
/// run.json        the caller's words about the run; written last, so that a half-made workspace is known by its absence
/// output.jsonl    Terraform's events: in a file, so that they outlive this process
/// errors.txt      what Terraform wrote besides
/// last.tfstate    the last whole state that was seen, for a crash in the middle of a rewrite
/// inside/         all that the run itself sees and may write
///   source/       the configuration, the backend override, .terraform
///   state/        terraform.tfstate
///   plan · variables-N.tfvars · terraformrc · tmp/
/// ```
///
/// What lies in `inside/` is the run's: it may hold anything when the run is over. So each access goes through a ``HeldFolder`` that was
/// opened before the run began.
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
    /// Relative to ``inside``, in the order in which they count.
    let variableFiles: [String]
    private let parent: HeldFolder
    private let name: String
    /// All of it; only we write here.
    package let folder: HeldFolder
    /// What the run sees, and may have exchanged.
    let inside: HeldFolder
    let source: HeldFolder
    /// Holds `terraform.tfstate` and nothing else that matters: the folder to watch.
    package let states: HeldFolder
    private let held: Mutex<Held>

    private init(
        parent: HeldFolder,
        name: String,
        folder: HeldFolder,
        inside: HeldFolder,
        facts: SourceFacts,
        variableFiles: [String],
        lock: FileLock
    ) throws(HostError) {
        (self.parent, self.name) = (parent, name)
        path = folder.path
        self.folder = folder
        self.inside = inside
        source = try inside.makeNewFolder("source")
        states = try inside.makeNewFolder("state")
        self.facts = facts
        self.variableFiles = variableFiles
        held = Mutex(Held(lock: lock))
    }

    static let lockName = "lock"
    static let metadataName = "run.json"
    static let outputName = "output.jsonl"
    /// What Terraform says besides: no events, whatever they look like.
    static let errorName = "errors.txt"
    static let insideName = "inside"
    package static let stateName = "terraform.tfstate"
    /// For a copy of the last whole state, which the run itself can't reach.
    package static let stateCopyName = "last.tfstate"
    static let planName = "plan"
    /// A plan holds the configuration and the state, packed.
    static let planLimit = 512 << 20
    /// A larger state is none that the vault would take.
    package static let stateLimit = 256 << 20

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
        let name = UUID().uuidString.lowercased()
        let parent = try attempt { () throws(HostError) in try root.opened() }
        do throws(HostError) {
            let folder = try parent.makeNewFolder(name)
            // Locked before it has its name: whoever looks for leftovers never finds a lock that is not held yet.
            guard let lock = try FileLock.take("\(folder.path)/\(lockName).new") else {
                throw HostError(errno: 11, doing: "lock", path: folder.path)
            }
            try folder.rename("\(lockName).new", to: lockName)
            let workspace = try Workspace(
                parent: parent,
                name: name,
                folder: folder,
                inside: try folder.makeNewFolder(insideName, owner: root.owner),
                facts: facts,
                variableFiles: variableFiles.map(\.name),
                lock: lock
            )
            try workspace.inside.makeNewFolder("tmp")
            try workspace.write(source)
            for file in variableFiles { try workspace.inside.write(file.content, to: file.name) }
            if let state { try workspace.states.write(state, to: stateName) }
            if let plan { try workspace.inside.write(plan, to: planName) }
            for name in [outputName, errorName] { try folder.write([], to: name) }
            try workspace.write(metadata)
            return workspace
        } catch {
            // What can't be removed now is a half-made leftover, which the next process removes.
            try? parent.remove(name)
            throw TerraformError(error)
        }
    }

    /// The state as it stands: nil when there is none; while Terraform runs it may be torn.
    ///
    /// - Throws: ``TerraformError/Reason/foreign(path:)`` when the run has put something else in its place.
    package func state() throws(TerraformError) -> [UInt8]? {
        try attempt { () throws(HostError) in try states.read(Self.stateName, limit: Self.stateLimit) }
    }

    /// The plan that `plan` made: for the caller to seal, for it holds variables and state.
    ///
    /// - Throws: ``TerraformError/Reason/foreign(path:)`` when the run has put something else in its place.
    package func plan() throws(TerraformError) -> [UInt8]? {
        try attempt { () throws(HostError) in try inside.read(Self.planName, limit: Self.planLimit) }
    }

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
        try? parent.remove(name)
        lock?.release()
    }

    // MARK: - For the runner

    /// The folder of all workspaces.
    var rootPath: String { parent.path }

    /// What a run writes takes memory; where the storage can't be asked it is taken for a disk.
    var isMemoryBacked: Bool { (try? FolderStorage(of: path))?.isMemoryBacked ?? false }

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

    private func write(_ files: SourceFiles) throws(HostError) {
        try source.makeNewFolder(".terraform")
        for entry in files.entries {
            if let slash = entry.path.lastIndex(of: "/") { try source.makeFolder(String(entry.path[..<slash])) }
            switch entry.content {
            case .file(let bytes, let isExecutable): try source.write(bytes, to: entry.path, mode: isExecutable ? 0o700 : 0o600)
            case .link(let target): try source.link(entry.path, to: target)
            }
        }
        try source.write(Array(BackendOverride.content.utf8), to: BackendOverride.fileName)
        try source.write(Array(BackendOverride.initializedBackend.utf8), to: ".terraform/terraform.tfstate")
    }

    private func write(_ metadata: [String: String]) throws(HostError) {
        let members = metadata.sorted { $0.key < $1.key }.map { JSONValue.Member(name: $0.key, value: .string($0.value)) }
        try folder.replace(Self.metadataName, with: Array(JSONValue.object(members).text.utf8))
    }
}
