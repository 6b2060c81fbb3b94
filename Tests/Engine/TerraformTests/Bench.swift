import FoundationEssentials
import Host
import Log
import Synchronization
import TestKit
import Testing

@testable import Terraform

/// What tests run Terraform with: a folder of one's own, a store, the sandbox where there is one.
struct Bench: Sendable {
    let folder: String
    let root: WorkspaceRoot
    let runner: TerraformRunner
    var settings = RunSettings()

    static let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"

    /// A run of `body` with everything removed after it.
    static func with<Result>(
        sandbox mode: Sandbox.Mode = .preferred,
        store storeFolder: String? = nil,
        registry: ProviderRegistry? = nil,
        logger: Logger = .none,
        settings: RunSettings = RunSettings(),
        _ body: (Bench) async throws -> Result
    ) async throws -> Result {
        let temporary = try TemporaryFolder()
        // Not the temporary folder's own `remove`: the store is read-only.
        defer { try? FileSystem.removeTree(temporary.path) }
        let store = try ProviderStore(
            folder: storeFolder ?? "\(temporary.path)/providers",
            mirror: registry == nil ? await ProviderMirror.find() : nil,
            configurationFile: registry?.configurationFile,
            logger: logger
        )
        var settings = settings
        if registry != nil { settings.environment.merge(ProviderRegistry.environment) { given, _ in given } }
        return try await body(try await Bench(folder: temporary.path, mode: mode, store: store, settings: settings))
    }

    private init(folder: String, mode: Sandbox.Mode, store: ProviderStore, settings: RunSettings) async throws {
        self.folder = folder
        self.settings = settings
        let sandbox = try await Sandbox.establish(mode, environment: ["PATH": Self.path])
        root = WorkspaceRoot(path: "\(folder)/runs", isMemoryBacked: false, owner: sandbox.user)
        runner = TerraformRunner(
            program: try await TerraformProgram.locate(environment: ["PATH": Self.path]),
            sandbox: sandbox,
            providers: store
        )
    }

    func workspace(
        _ main: String,
        _ more: [String: String] = [:],
        bytes: [String: [UInt8]] = [:],
        executables: [String: [UInt8]] = [:],
        variables: RunVariables = .init(),
        state: [UInt8]? = nil
    ) throws -> Workspace {
        let files = more.merging(["main.tf": main]) { first, _ in first }.mapValues { Array($0.utf8) }
            .merging(bytes) { first, _ in first }
        var entries = files.map { SourceFiles.Entry(path: $0.key, content: .file($0.value, isExecutable: false)) }
        entries += executables.map { SourceFiles.Entry(path: $0.key, content: .file($0.value, isExecutable: true)) }
        return try Workspace.make(
            in: root,
            source: SourceFiles(entries: entries),
            variables: variables,
            state: state,
            metadata: ["job": "j-1"]
        )
    }

    /// What a run said and how it ended.
    struct Outcome: Sendable {
        var lines: [TerraformLine] = []
        var exit: RunExit

        var events: [TerraformEvent] { lines.map(\.event) }
        var errors: [Diagnostic] {
            events.compactMap { event in
                guard case .diagnostic(let diagnostic) = event, diagnostic.severity == .error else { return nil }
                return diagnostic
            }
        }
        var text: String { lines.map(\.message).joined(separator: "\n") }
    }

    func run(_ command: TerraformCommand, in workspace: Workspace) async throws -> Outcome {
        let run = try runner.start(command, in: workspace, settings: settings)
        var lines: [TerraformLine] = []
        for await line in run.lines { lines.append(line) }
        return Outcome(lines: lines, exit: await run.wait())
    }

    /// Prepares, fills the store, runs, and falls back to `init` as a caller would.
    func deploy(
        _ command: TerraformCommand = .apply,
        in workspace: Workspace,
        lock: String? = nil
    ) async throws -> (Outcome, lock: String?, initialized: Bool) {
        var needsInitialization = false
        var kept: String?
        var preparation = try await runner.prepare(workspace, lock: lock, settings: settings)
        if case .needsInitialization = preparation, try await !runner.fillStore(for: workspace).isEmpty {
            preparation = try await runner.prepare(workspace, lock: lock, settings: settings)
        }
        switch preparation {
        case .ready(let lock): kept = lock
        case .needsInitialization: needsInitialization = true
        }
        if !needsInitialization {
            let outcome = try await run(command, in: workspace)
            guard outcome.exit.needsInitialization else { return (outcome, kept, false) }
        }
        var outcome = try await run(.initialize, in: workspace)
        if outcome.exit.needsInitialization { outcome = try await run(.initialize, in: workspace) }
        guard outcome.exit.isSuccess else { return (outcome, nil, true) }
        kept = try await runner.keepProviders(of: workspace)
        return (try await run(command, in: workspace), kept, true)
    }

    /// A store with the AWS provider, installed once for all tests and kept for the next time (removed by `make clean`).
    static func awsStore() async throws -> String { try await sharedStore.value }

    // Never cancelled: every test that needs the store awaits it.
    private static let sharedStore = Task { () -> String in
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
        let store = "\(root)/.cache/test-providers"
        try await Bench.with(store: store) { (bench) async throws -> Void in
            let workspace = try bench.workspace(Moto.provider)
            defer { workspace.remove() }
            if case .ready(.some) = try await bench.runner.prepare(workspace, lock: nil, settings: bench.settings) { return }
            let outcome = try await bench.run(.initialize, in: workspace)
            guard outcome.exit.isSuccess else { throw TooLate(description: outcome.text) }
            _ = try await bench.runner.keepProviders(of: workspace)
        }
        return store
    }
}

/// Waits for a condition, at most three minutes: the machine may be busy.
func until(_ what: String, _ condition: @escaping @Sendable () async throws -> Bool) async throws {
    try await within(.seconds(180), what) {
        while try await !condition() { try await Task.sleep(for: .milliseconds(5)) }
    }
}
