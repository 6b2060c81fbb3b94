import FoundationEssentials
import Host
import Log
import Synchronization
import TestKit
import Testing

@testable import Terraform

/// How providers get into the store, with the real Terraform and a registry that it asks.
@Suite(.requires(.terraform), .requires(.python), .requires(.setpriv)) struct ProviderStoreTests {
    private static let aws = "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n}\n"

    private static func names(_ bench: Bench) -> [String] {
        bench.runner.providers.providers(for: bench.runner.program.platform).map { "\($0.address.type) \($0.version)" }.sorted()
    }

    /// What lies in the store's folder for downloads.
    private static func downloads(_ bench: Bench) throws -> [String] {
        try FileSystem.names(in: "\(bench.runner.providers.folder)/.incoming")
    }

    /// Keeps log lines.
    private final class Journal: Sendable {
        private let kept = Mutex<[String]>([])
        var lines: [String] { kept.withLock { $0 } }
        var logger: Logger {
            Logger { [self] level, message, fields in
                kept.withLock { $0.append("\(level.rawValue): \(message) \(fields.map { "\($0.0)=\($0.1)" }.joined(separator: " "))") }
            }
        }
    }

    // MARK: - Installing

    @Test(arguments: [Sandbox.Mode.preferred, .off])
    func `the registry's provider is installed without the run's own init, and pinned`(mode: Sandbox.Mode) async throws {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0", "5.2.0"])
        try await Bench.with(sandbox: mode, registry: registry) { bench in
            let workspace = try bench.workspace(Self.aws)
            let (outcome, lock, initialized) = try await bench.deploy(in: workspace)
            #expect(outcome.exit.isSuccess, "\(outcome.text)")
            #expect(!initialized)
            #expect(lock?.contains("h1:") == true && lock?.contains("zh:") == true && lock?.contains("5.2.0") == true)
            #expect(Self.names(bench) == ["aws 5.2.0"])
            #expect(try FileSystem.names(in: "\(bench.runner.providers.folder)/.pins").count == 1)
            #expect(try Self.downloads(bench).isEmpty)
            #expect(registry.downloads == 1)
            workspace.remove()

            // A second deploy asks nobody.
            let asked = registry.requests.count
            let next = try bench.workspace(Self.aws)
            defer { next.remove() }
            let (again, _, initializedAgain) = try await bench.deploy(in: next, lock: lock)
            #expect(again.exit.isSuccess && !initializedAgain && registry.requests.count == asked)
        }
    }

    @Test func `several at once download it once`() async throws {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0"])
        try await Bench.with(registry: registry) { bench in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let workspace = try bench.workspace(Self.aws)
                        defer { workspace.remove() }
                        let (outcome, _, initialized) = try await bench.deploy(in: workspace)
                        #expect(outcome.exit.isSuccess && !initialized, "\(outcome.text)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(registry.downloads == 1)
            #expect(try Self.downloads(bench).isEmpty)
        }
    }

    @Test func `a lock file of the source decides the version, and one with other hashes is left to the run's own init`() async throws {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0", "5.2.0"])
        try await Bench.with(registry: registry) { bench in
            let address = bench.runner.program.flavor == .terraform ? "registry.terraform.io" : "registry.opentofu.org"
            func lock(_ hash: String) -> String {
                "provider \"\(address)/hashicorp/aws\" {\n  version = \"5.1.0\"\n\(hash)}\n"
            }
            let exact = try bench.workspace(Self.aws, [".terraform.lock.hcl": lock("")])
            defer { exact.remove() }
            let (outcome, _, initialized) = try await bench.deploy(in: exact)
            #expect(outcome.exit.isSuccess && !initialized, "\(outcome.text)")
            #expect(Self.names(bench) == ["aws 5.1.0"])

            let wrong = "h1:Ijt7pOlB7Tr7maGQIqtsLFbl7pSMIj06TVdkoSBcYOw="
            let forged = try bench.workspace(Self.aws, [".terraform.lock.hcl": lock("  hashes = [\"\(wrong)\"]\n")])
            defer { forged.remove() }
            let (refused, _, asked) = try await bench.deploy(in: forged)
            #expect(asked && !refused.exit.isSuccess)
            #expect(refused.errors.contains { $0.detail.contains("checksum") }, "\(refused.lines)")
        }
    }

    @Test func `a version that was exchanged is refused after it was evicted, and not installed by the run either`() async throws {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0"])
        let journal = Journal()
        try await Bench.with(registry: registry, logger: journal.logger) { bench in
            let workspace = try bench.workspace(Self.aws)
            defer { workspace.remove() }
            _ = try await bench.deploy(in: workspace)
            let store = bench.runner.providers
            let stored = try #require(store.providers(for: bench.runner.program.platform).first)
            // As eviction does it.
            try FileSystem.removeFile(store.recordPath(stored))
            try FileSystem.removeTree("\(store.folder)/\(stored.path)")
            try registry.publish(["5.1.0"], .exchanged)

            let next = try bench.workspace(Self.aws)
            defer { next.remove() }
            let error = await #expect(throws: TerraformError.self) { try await bench.deploy(in: next) }
            guard case .providerChanged(let name, let pin)? = error?.reason else {
                throw TooLate(description: "\(error as Any); a refusal")
            }
            #expect(name.hasSuffix("hashicorp/aws 5.1.0") && FileSystem.exists(pin))
            #expect(Self.names(bench).isEmpty && journal.lines.contains { $0.hasPrefix("error: ") })

            // What the error says helps.
            try FileSystem.removeFile(pin)
            let (outcome, _, _) = try await bench.deploy(in: next)
            #expect(outcome.exit.isSuccess)
        }
    }

    // MARK: - What stays in its run

    @Test(arguments: [Sandbox.Mode.preferred, .off])
    func `a provider that the source brings along serves its own run, and the store's comes by link`(mode: Sandbox.Mode) async throws {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0"])
        try await Bench.with(sandbox: mode, registry: registry) { bench in
            let own = "terraform.d/plugins/example.com/acme/own/1.0.0/\(bench.runner.program.platform)/terraform-provider-own_v1.0.0"
            let main = Self.aws.replacing("aws = {", with: "own = { source = \"example.com/acme/own\" }\n    aws = {")
            var kept: String?
            for round in 1...2 {
                let workspace = try bench.workspace(main, executables: [own: try ProviderRegistry.program()])
                let (outcome, lock, initialized) = try await bench.deploy(in: workspace, lock: kept)
                #expect(outcome.exit.isSuccess, "\(outcome.text)")
                #expect(initialized && lock?.contains("example.com/acme/own") == true, "\(round)")
                #expect(try Self.downloads(bench).count == 2, "the run's own folder and its lock")
                kept = lock
                workspace.remove()
                #expect(try Self.downloads(bench).isEmpty)
            }
            #expect(Self.names(bench) == ["aws 5.1.0"])
            #expect(registry.downloads == 1, "\(registry.requests)")
        }
    }

    @Test(arguments: ["", "provider_installation {\n  direct {}\n}\n"])
    func `a run's own init takes by link what the store has`(installation: String) async throws {
        let registry = try await ProviderRegistry(installation: installation)
        try registry.publish(["5.1.0"])
        try await Bench.with(registry: registry) { bench in
            let workspace = try bench.workspace(Self.aws)
            defer { workspace.remove() }
            let (outcome, _, _) = try await bench.deploy(in: workspace)
            #expect(outcome.exit.isSuccess, "\(outcome.text)")
            // A newer one is no reason to download anything: the run keeps to what it was given.
            try registry.publish(["5.1.0", "5.2.0"])
            let initialized = try await bench.run(.initialize, in: workspace)
            #expect(initialized.exit.isSuccess, "\(initialized.errors)")
            #expect(try await bench.runner.keepProviders(of: workspace)?.contains("5.1.0") == true)
            #expect(try await bench.run(.apply, in: workspace).exit.isSuccess)
            #expect(registry.downloads == 1, "\(registry.requests)")
        }
    }

    @Test func `a provider under another's name in the source reaches nobody else`() async throws {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0"])
        try await Bench.with(registry: registry) { bench in
            let host = bench.runner.program.flavor == .terraform ? "registry.terraform.io" : "registry.opentofu.org"
            let path = "terraform.d/plugins/\(host)/hashicorp/aws/5.999.0/\(bench.runner.program.platform)/terraform-provider-aws_v5.999.0"
            let thief = try bench.workspace(Self.aws, executables: [path: try ProviderRegistry.program()])
            let (stolen, lock, _) = try await bench.deploy(in: thief)
            #expect(stolen.exit.isSuccess && lock?.contains("5.999.0") == true, "it may run its own: \(stolen.text)")
            thief.remove()
            #expect(Self.names(bench).isEmpty)

            let victim = try bench.workspace(Self.aws)
            defer { victim.remove() }
            let (outcome, honest, _) = try await bench.deploy(in: victim)
            #expect(outcome.exit.isSuccess && honest?.contains("5.1.0") == true, "\(outcome.text)")
            #expect(Self.names(bench) == ["aws 5.1.0"])
        }
    }

    @Test(.requires(.bubblewrap)) func `a run sees what it is given of the store, and nothing else of it`() async throws {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0", "5.2.0"])
        try await Bench.with(sandbox: .required, registry: registry) { bench in
            let newer = try bench.workspace(Self.aws)
            defer { newer.remove() }
            _ = try await bench.deploy(in: newer)
            // Somebody else's download.
            let other = try bench.runner.providers.makeDownloads()
            defer { other.remove() }
            let look = "resource \"terraform_data\" \"x\" {\n provisioner \"local-exec\" { command = \"find /slipway\" }\n}\n"
            let older = try bench.workspace(
                Self.aws.replacing("hashicorp/aws\"", with: "hashicorp/aws\", version = \"5.1.0\"") + look
            )
            defer { older.remove() }
            let (outcome, _, _) = try await bench.deploy(in: older)
            #expect(outcome.exit.isSuccess, "\(outcome.text)")
            #expect(Self.names(bench) == ["aws 5.1.0", "aws 5.2.0"])
            let seen = outcome.events.compactMap { event in
                if case .provisionProgress(_, _, let output) = event, output.hasPrefix("/slipway") { output } else { nil }
            }
            #expect(seen.contains { $0.contains("hashicorp/aws/5.1.0/") })
            #expect(!seen.contains { $0.contains("5.2.0") || $0.contains("/.") || $0.contains("incoming") }, "\(seen)")
        }
    }

    @Test(.requires(.git), .requires(.bubblewrap))
    func `what only a module from afar names is asked for once the run's own init has found it`() async throws {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0"])
        try await Bench.with(sandbox: .required, registry: registry) { bench in
            let main = "module \"m\" {\n  source = \"git::file:///workspace/source/repo\"\n}\n"
            let files = try await BareRepository.files(of: ["module.tf": Self.aws], below: "repo")
            let workspace = try bench.workspace(main, bytes: files)
            let (outcome, lock, initialized) = try await bench.deploy(in: workspace)
            #expect(outcome.exit.isSuccess && initialized, "\(outcome.text)")
            #expect(Self.names(bench) == ["aws 5.1.0"])
            #expect(registry.downloads == 2, "the run's and the store's")
            #expect(try Self.downloads(bench).isEmpty, "the store's is as good")
            workspace.remove()

            let next = try bench.workspace(main, bytes: files)
            defer { next.remove() }
            let (again, _, initializedAgain) = try await bench.deploy(in: next, lock: lock)
            #expect(again.exit.isSuccess && !initializedAgain, "\(again.text)")
            #expect(registry.downloads == 2)
        }
    }

    // MARK: - Earlier versions

    @Test func `what an earlier version left is verified, removed when it is another, and else left unused`() async throws {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0", "5.2.0"])
        let journal = Journal()
        try await Bench.with(registry: registry, logger: journal.logger) { bench in
            for version in ["5.1.0", "5.2.0"] {
                let workspace = try bench.workspace(
                    Self.aws.replacing("hashicorp/aws\"", with: "hashicorp/aws\", version = \"\(version)\"")
                )
                defer { workspace.remove() }
                _ = try await bench.deploy(in: workspace)
            }
            let store = bench.runner.providers
            let platform = bench.runner.program.platform
            try FileSystem.removeTree("\(store.folder)/.pins")
            try FileSystem.makeFolder("\(store.folder)/.pins")
            // Records without a format, as the run's own init made them; one provider is another, and one is nobody's.
            for var stored in store.providers(for: platform) {
                stored.isVerified = false
                if stored.version.description == "5.2.0" { try Self.poison(&stored, in: store) }
                try store.write(stored)
                if stored.version.description == "5.1.0" {
                    stored.version = try #require(TerraformVersion("5.999.0"))
                    try Self.poison(&stored, in: store)
                    try store.write(stored)
                }
            }
            #expect(Self.names(bench).isEmpty)
            #expect(store.inventory.verified == 0 && store.inventory.unverified.count == 3)

            // Nobody answers: nothing is used, and nothing is lost.
            try registry.publish([])
            await bench.runner.verifyStore()
            #expect(store.inventory.unverified.count == 3)
            #expect(journal.lines.count { $0.hasPrefix("warning: A provider of the store could not be verified") } == 3)

            try registry.publish(["5.1.0", "5.2.0"])
            await bench.runner.verifyStore()
            #expect(Self.names(bench) == ["aws 5.1.0", "aws 5.2.0"])
            #expect(store.inventory.unverified.map { $0.hasSuffix("aws 5.999.0") } == [true])
            #expect(
                journal.lines.count { $0.contains("is not what its registry or mirror has, and is removed") && $0.contains("5.2.0") } == 1
            )
            for stored in store.providers(for: platform) {
                #expect(try ProviderHash.h1(of: "\(store.folder)/\(stored.path)") == stored.h1)
                let script = try FileSystem.read("\(store.folder)/\(stored.path)/terraform-provider-aws_v\(stored.version)_x5")
                #expect(!String(decoding: script, as: UTF8.self).contains("evil"))
            }
        }
    }

    @Test func `a run has an earlier version's provider verified when it needs it`() async throws {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0"])
        try await Bench.with(registry: registry) { bench in
            let first = try bench.workspace(Self.aws)
            defer { first.remove() }
            _ = try await bench.deploy(in: first)
            let store = bench.runner.providers
            var stored = try #require(store.providers(for: bench.runner.program.platform).first)
            stored.isVerified = false
            try store.write(stored)
            // A newer one must not come by the upgrade alone.
            try registry.publish(["5.1.0", "5.2.0"])
            let next = try bench.workspace(Self.aws)
            defer { next.remove() }
            let (outcome, _, initialized) = try await bench.deploy(in: next)
            #expect(outcome.exit.isSuccess && !initialized)
            #expect(Self.names(bench) == ["aws 5.1.0"])
        }
    }

    /// Makes another of it, with a record that fits.
    private static func poison(_ stored: inout StoredProvider, in store: ProviderStore) throws {
        let folder = "\(store.folder)/\(stored.path)"
        try FileSystem.removeTree(folder)
        try FileSystem.makeFolder(folder)
        try FileSystem.write(Array("#!/bin/sh\n# evil\n".utf8), to: "\(folder)/terraform-provider-aws_v\(stored.version)_x5", mode: 0o555)
        stored.h1 = try ProviderHash.h1(of: folder)
        stored.hashes = [stored.h1]
        stored.files = try StoredProvider.files(in: folder)
    }

    // MARK: - Crashes

    @Test(.requires(.bubblewrap)) func `a worker that is killed while it installs leaves nothing behind, and the next one installs`()
        async throws
    {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0"])
        try registry.hold(true)
        try await Bench.with(registry: registry) { bench in
            let source = "\(bench.folder)/source"
            try FileSystem.makeFolder(source)
            try FileSystem.write(Array(Self.aws.utf8), to: "\(source)/main.tf")
            let holder = try await Holder(bench, source: source, configurationFile: registry.configurationFile)
            try await until("the download") { registry.requests.contains { $0.hasSuffix("SHA256SUMS.sig") } }
            try await until("terraform at work") {
                !(try Self.downloads(bench)).isEmpty && ProcessTable.tree(holder.process.pid).count >= 3
            }
            let below = ProcessTable.tree(holder.process.pid).compactMap { ProcessHandle($0) }
            holder.process.signal(9)
            for process in below { #expect(await process.waitForEnd(limit: .seconds(10))) }
            #expect(Self.names(bench).isEmpty)

            try registry.hold(false)
            let workspace = try bench.workspace(Self.aws)
            defer { workspace.remove() }
            let (outcome, _, initialized) = try await bench.deploy(in: workspace)
            #expect(outcome.exit.isSuccess && !initialized, "\(outcome.text)")
            #expect(Self.names(bench) == ["aws 5.1.0"])
            #expect(try Self.downloads(bench).isEmpty, "the dead worker's is removed")
        }
    }

    @Test func `an install that is cancelled ends at once, and holds nobody up`() async throws {
        let registry = try await ProviderRegistry()
        try registry.publish(["5.1.0"])
        try registry.hold(true)
        try await Bench.with(registry: registry) { bench in
            let workspace = try bench.workspace(Self.aws)
            defer { workspace.remove() }
            _ = try await bench.runner.prepare(workspace, lock: nil, settings: bench.settings)
            let install = Task { try await bench.runner.fillStore(for: workspace) }
            try await until("the download") { registry.requests.contains { $0.hasSuffix("SHA256SUMS.sig") } }
            install.cancel()
            let result = await install.result
            #expect(throws: TerraformError.self) { try result.get() }
            #expect(try Self.downloads(bench).isEmpty)
            try registry.hold(false)
            #expect(try await bench.runner.fillStore(for: workspace).count == 1)
        }
    }
}
