import Domain
import FoundationEssentials
import Host
import Log
import TestKit
import Testing

@testable import Terraform

/// With the real AWS provider and a simulated AWS.
@Suite(.requires(.terraform), .requires(.moto), .requiresProviderMirror)
struct AWSTests {
    private static func buckets(_ prefix: String) -> String {
        Moto.provider + "resource \"aws_s3_bucket\" \"b\" {\n count = 5\n bucket = \"\(prefix)-${count.index}\"\n}\n"
    }

    private static func unique() -> String { "t" + UUID().uuidString.lowercased() }

    private func settings() async throws -> RunSettings { RunSettings(environment: try await Moto.shared().environment) }

    @Test func `a prepared workspace needs no init`() async throws {
        try await Bench.with(store: try await Bench.awsStore(), settings: try await settings()) { bench in
            let workspace = try bench.workspace(Self.buckets(Self.unique()))
            defer { workspace.remove() }
            let (outcome, lock, initialized) = try await bench.deploy(in: workspace)
            #expect(outcome.exit.isSuccess, "\(outcome.text)")
            #expect(!initialized)
            #expect(lock?.contains("h1:") == true)
            #expect(outcome.events.contains { if case .changeSummary(let summary, "apply") = $0 { summary.add == 5 } else { false } })

            // The next deployment's run, with the lock it kept.
            let next = try bench.workspace(Self.buckets(Self.unique()), state: try workspace.state())
            defer { next.remove() }
            let (again, _, initializedAgain) = try await bench.deploy(.plan(destroy: true), in: next, lock: lock)
            #expect(again.exit.isSuccess, "\(again.text)")
            #expect(!initializedAgain)
        }
    }

    @Test func `two first installs at once fill the store once, and it is verified and read-only`() async throws {
        try await Bench.with(settings: try await settings()) { bench in
            async let first = install(bench)
            async let second = install(bench)
            let locks = try await [first, second]
            #expect(locks[0]?.contains("h1:") == true)
            #expect(locks[0] == locks[1])
            let stored = bench.runner.providers.providers(for: bench.runner.program.platform)
            #expect(stored.map(\.address.type) == ["aws"])
            let provider = try #require(stored.first)
            let folder = "\(bench.runner.providers.folder)/\(provider.path)"
            for file in provider.files { #expect(FileFacts(of: "\(folder)/\(file.name)")?.mode == 0o555) }
            #expect(try FileSystem.names(in: "\(bench.folder)/providers/.incoming").isEmpty)
            #expect(locks[0]?.contains(provider.h1) == true)

            try await damage(provider, in: bench)
        }
    }

    private func install(_ bench: Bench) async throws -> String? {
        let workspace = try bench.workspace(Moto.provider + "data \"aws_region\" \"here\" {}\n")
        defer { workspace.remove() }
        let outcome = try await bench.run(.initialize, in: workspace)
        #expect(outcome.exit.isSuccess, "\(outcome.text)")
        #expect(outcome.events.contains { if case .initOutput = $0 { true } else { false } })
        let lock = try await bench.runner.keepProviders(of: workspace)
        let planned = try await bench.run(.plan(destroy: false), in: workspace)
        #expect(planned.exit.isSuccess, "\(planned.text)")
        return lock
    }

    /// A changed file is noticed before a run gets it.
    private func damage(_ provider: StoredProvider, in bench: Bench) async throws {
        let file = try #require(provider.files.min { $0.byteCount < $1.byteCount })
        let path = "\(bench.runner.providers.folder)/\(provider.path)/\(file.name)"
        try FileSystem.setMode(0o700, of: path)
        var bytes = try FileSystem.read(path)
        bytes[0] ^= 1
        try FileSystem.write(bytes, to: path)
        let workspace = try bench.workspace(Moto.provider + "data \"aws_region\" \"here\" {}\n")
        defer { workspace.remove() }
        let preparation = try await bench.runner.prepare(workspace, lock: nil, settings: bench.settings)
        guard case .needsInitialization(let why) = preparation else { throw TooLate(description: "damage was not noticed; its notice") }
        #expect(why.contains("damaged"))
        #expect(bench.runner.providers.providers(for: bench.runner.program.platform).isEmpty)
    }

    @Test func `SIGINT in the middle of an apply leaves what was finished in the state`() async throws {
        let name = Self.unique()
        let main = Self.buckets(name) + "resource \"aws_sqs_queue\" \"slow\" {\n name = \"\(name)\"\n depends_on = [aws_s3_bucket.b]\n}\n"
        try await Bench.with(store: try await Bench.awsStore(), settings: try await settings()) { bench in
            let workspace = try bench.workspace(main)
            defer { workspace.remove() }
            _ = try await bench.runner.prepare(workspace, lock: nil, settings: bench.settings)
            let run = try bench.runner.start(.apply, in: workspace, settings: bench.settings)
            var facts = RunFacts()
            for await line in run.lines {
                facts.add(line.event)
                if case .applyStart(let resource, _, _) = line.event, resource.type == "aws_sqs_queue" {
                    run.stop(grace: .seconds(60))
                    run.stop(grace: .zero)
                }
            }
            let exit = await run.wait()
            #expect(exit.end == .stopped)
            // The queue may still come about: AWS had the request before the signal.
            #expect(facts.resources.count { $0.stage == .done && $0.resource.type == "aws_s3_bucket" } == 5)
            let state = String(decoding: try #require(try workspace.state()), as: UTF8.self)
            for index in 0..<5 { #expect(state.contains("\(name)-\(index)")) }
        }
    }

    @Test(.requires(.bubblewrap))
    func `when a worker is killed everything inside dies, and the next adopts what it left`() async throws {
        try await Bench.with(store: try await Bench.awsStore(), settings: try await settings()) { bench in
            let name = Self.unique()
            let source = "\(bench.folder)/source"
            try FileSystem.makeFolder(source)
            let sleeper =
                "resource \"terraform_data\" \"sleeper\" {\n depends_on = [aws_s3_bucket.b]\n"
                + " provisioner \"local-exec\" { command = \"exec sleep 600.\(abs(name.hashValue))\" }\n}\n"
            try FileSystem.write(Array((Self.buckets(name) + sleeper).utf8), to: "\(source)/main.tf")
            let holder = try await Holder(bench, source: source)
            try await until("the five buckets") { holder.output.contains("sleeper: Creating...") }
            try await until("worker, bwrap, its first process, terraform, sleep") {
                ProcessTable.tree(holder.process.pid).contains { ProcessTable.name($0) == "sleep" }
            }
            let below = ProcessTable.tree(holder.process.pid).compactMap { ProcessHandle($0) }
            #expect(below.count >= 5)
            #expect(try Leftover.adopt(in: bench.root).isEmpty)

            holder.process.signal(9)
            for process in below { #expect(await process.waitForEnd(limit: .seconds(10))) }
            let leftovers = try Leftover.adopt(in: bench.root)
            let leftover = try #require(leftovers.first)
            #expect(leftover.metadata == ["deployment": "42", "fence": "7"])
            let state = String(decoding: try #require(leftover.state), as: UTF8.self)
            for index in 0..<5 { #expect(state.contains("\(name)-\(index)")) }
            var facts = RunFacts()
            for line in leftover.lines(settings: bench.settings) { facts.add(line.event) }
            #expect(facts.inFlight.map(\.resource.address) == ["terraform_data.sleeper"])
            #expect(try Leftover.adopt(in: bench.root).isEmpty, "it is taken")
            leftover.remove()
            #expect(try FileSystem.names(in: bench.root.path).isEmpty)
        }
    }
}

/// A running `RunHolder`.
struct Holder: Sendable {
    let process: ChildProcess
    private let root: String

    init(_ bench: Bench, source: String, mode: Sandbox.Mode = .required, configurationFile: String? = nil, lease: Int? = nil) async throws {
        // Next to the bundle that holds the tests.
        let bundle = try #require(ProcessTable.arguments(ProcessInfo.processInfo.processIdentifier).first { $0.contains(".xctest") })
        let products = bundle.split(separator: "/", omittingEmptySubsequences: false).prefix { !$0.hasSuffix(".xctest") }.joined(
            separator: "/"
        )
        var environment = bench.settings.environment
        environment["PATH"] = Bench.path
        environment["TF_CLI_CONFIG_FILE"] = configurationFile
        environment["RUN_LEASE"] = lease.map(String.init)
        process = try ChildProcess.start(
            .init(
                "\(products)/RunHolder",
                [bench.root.path, bench.runner.providers.folder, mode.rawValue, source],
                environment: environment
            )
        )
        root = bench.root.path
    }

    /// What Terraform has written so far.
    var output: String {
        let names = (try? FileSystem.names(in: root)) ?? []
        let bytes = names.flatMap { (try? FileSystem.read("\(root)/\($0)/output.jsonl")) ?? [] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
