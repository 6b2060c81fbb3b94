import FoundationEssentials
import Host
import TestKit
import Testing

@testable import Terraform

@Suite struct WorkspaceTests {
    private let source = try? SourceFiles(files: ["main.tf": [], "modules/m/main.tf": [1]])

    private func inRoot<Result>(_ body: (WorkspaceRoot) async throws -> Result) async throws -> Result {
        let folder = try TemporaryFolder()
        defer { try? FileSystem.removeTree(folder.path) }
        return try await body(WorkspaceRoot(path: "\(folder.path)/runs", isMemoryBacked: false))
    }

    @Test func `a workspace is private and leaves nothing behind`() async throws {
        try await inRoot { root in
            let workspace = try Workspace.make(in: root, source: try #require(source), state: [1, 2], metadata: ["a": "b"])
            #expect(FileFacts(of: workspace.path)?.mode == 0o700)
            #expect(FileFacts(of: workspace.states.path + "/terraform.tfstate")?.mode == 0o600)
            #expect(try workspace.state() == [1, 2])
            #expect(try workspace.plan() == nil)
            workspace.remove()
            #expect(try FileSystem.names(in: root.path).isEmpty)
        }
    }

    @Test func `errors in variables name the file or option that the person gave`() {
        func heard(_ file: String, line: Int?, _ detail: String) -> TerraformLine {
            TerraformLine(event: .diagnostic(Diagnostic(summary: "Invalid value", detail: detail, file: file, line: line)), message: detail)
        }
        let names = ["prod.tfvars", "more.tfvars.json"]
        let cases: [(TerraformLine, TerraformLine)] = [
            (heard("../variables-0.tfvars", line: 3, "in ../variables-0.tfvars"), heard("prod.tfvars", line: 3, "in prod.tfvars")),
            (heard("../variables-1.tfvars.json", line: 1, ""), heard("more.tfvars.json", line: 1, "")),
            (heard("../variables-plain.tfvars.json", line: 1, ""), heard("--var", line: nil, "")),
            (heard("main.tf", line: 1, "x"), heard("main.tf", line: 1, "x")),
        ]
        for (line, named) in cases { #expect(RunVariables.naming(names, in: line) == named) }
    }

    @Test func `a workspace is a leftover only when its holder is gone, and then once`() async throws {
        try await inRoot { root in
            var workspace: Workspace? = try Workspace.make(
                in: root,
                source: try #require(source),
                state: [7],
                metadata: ["job": "j", "q": "a\"b"]
            )
            #expect(try Leftover.adopt(in: root).isEmpty)
            try workspace?.setMetadata(["job": "k"])
            try FileSystem.write(
                Array("{\"type\":\"log\",\"@message\":\"m\"}\nhalf".utf8),
                to: try #require(workspace).path + "/output.jsonl"
            )
            try FileSystem.write([6], to: try #require(workspace).path + "/last.tfstate")
            workspace = nil
            let adopted = try Leftover.adopt(in: root)
            #expect(adopted.first?.stateCopy == [6])
            #expect(adopted.map(\.metadata) == [["job": "k"]])
            #expect(adopted.first?.state == [7])
            #expect(adopted.first?.lines(settings: RunSettings()).map(\.message) == ["m", "half"])
            #expect(try Leftover.adopt(in: root).isEmpty)
            adopted.first?.remove()
            #expect(try FileSystem.names(in: root.path).isEmpty)
        }
    }

    @Test func `a half-made workspace is removed and not adopted`() async throws {
        try await inRoot { root in
            let path = "\(root.path)/\(UUID().uuidString.lowercased())"
            try FileSystem.makeFolder("\(path)/inside")
            try FileSystem.write([], to: "\(path)/lock")
            let other = "\(root.path)/not-ours"
            try FileSystem.makeFolder(other)
            #expect(try Leftover.adopt(in: root).isEmpty)
            #expect(try FileSystem.names(in: root.path) == ["not-ours"])
        }
    }

    @Test func `a workspace that is being made is nobody's leftover`() async throws {
        try await inRoot { root in
            let source = try #require(source)
            try FileSystem.makeFolder(root.path)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        for _ in 0..<150 { try Workspace.make(in: root, source: source, metadata: ["job": "j"]).remove() }
                        return 0
                    }
                }
                group.addTask {
                    var adopted = 0
                    for _ in 0..<600 { adopted += try Leftover.adopt(in: root).count }
                    return adopted
                }
                for try await adopted in group { #expect(adopted == 0) }
            }
        }
    }

    @Test func `what a dead worker left running is killed before its state is read`() async throws {
        try await inRoot { root in
            var workspace: Workspace? = try Workspace.make(in: root, source: try #require(source))
            let inside = try #require(workspace?.inside.path)
            workspace = nil
            let child = try ChildProcess.start(.init("/bin/sleep", ["300"], environment: ["SLIPWAY_WORKSPACE": inside]))
            _ = try Leftover.adopt(in: root)
            #expect(await child.wait().end == .signal(9))
        }
    }

    @Test func `memory-backed storage is taken where there is some, else the data folder, and that is said`() async throws {
        let folder = try TemporaryFolder()
        defer { try? FileSystem.removeTree(folder.path) }
        let fallback = try WorkspaceRoot.choose(dataFolder: folder.path, environment: [:], candidates: ["/nonexistent", "/proc"])
        #expect(fallback.path == FileSystem.resolved(folder.path).map { "\($0)/runs" })
        if !fallback.isMemoryBacked { #expect(fallback.sentence.contains("on disk")) }
        guard let shared = try? FolderStorage(of: "/dev/shm"), shared.isMemoryBacked, shared.freeBytes > WorkspaceRoot.roomNeeded else {
            return
        }
        let inMemory = try WorkspaceRoot.choose(dataFolder: folder.path, environment: [:])
        defer { try? FileSystem.removeTree(inMemory.path) }
        #expect(inMemory.isMemoryBacked)
        #expect(inMemory.path.hasPrefix("/dev/shm/slipway-"))
        #expect(FileFacts(of: inMemory.path)?.mode == 0o700)
        #expect(try WorkspaceRoot.choose(dataFolder: folder.path, environment: [:]) == inMemory)
        let elsewhere = try WorkspaceRoot.choose(dataFolder: folder.path, database: "db.example/x", environment: [:])
        defer { try? FileSystem.removeTree(elsewhere.path) }
        #expect(elsewhere.path != inMemory.path)
        // Made by someone else before us.
        try FileSystem.setMode(0o777, of: inMemory.path)
        #expect(try WorkspaceRoot.choose(dataFolder: folder.path, environment: [:]).path == fallback.path)
    }

    @Test func `a full disk is one sentence, and nothing stays`() async throws {
        // Root only: a file system of 1 MiB.
        guard CurrentUser.id == 0 else { return }
        let folder = try TemporaryFolder()
        defer { try? FileSystem.removeTree(folder.path) }
        let mounted = try await ChildProcess.run(.init("/bin/mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path]))
        guard mounted.status.isSuccess else { return }
        let files = try SourceFiles(files: ["main.tf": [UInt8](repeating: 32, count: 2 << 20)])
        let root = WorkspaceRoot(path: "\(folder.path)/runs", isMemoryBacked: true)
        let error = #expect(throws: TerraformError.self) { try Workspace.make(in: root, source: files) }
        let names = try FileSystem.names(in: root.path)
        _ = try await ChildProcess.run(.init("/bin/umount", [folder.path]))
        #expect(error?.description.hasPrefix("no space is left for ") == true)
        #expect(names.isEmpty)
    }
}

@Suite struct ProgramTests {
    private func withProgram(_ name: String, _ script: String, mode: UInt32 = 0o700, _ body: (String) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try FileSystem.write(Array("#!/bin/sh\n\(script)\n".utf8), to: "\(folder.path)/\(name)", mode: mode)
        try await body(folder.path)
    }

    private func reason(_ configured: String? = nil, path: String) async -> TerraformError.Reason? {
        do { _ = try await TerraformProgram.locate(configured: configured, environment: ["PATH": path]) } catch { return error.reason }
        return nil
    }

    @Test func `a program that is missing, not executable, too old or another is told apart`() async throws {
        #expect(await reason(path: "/nowhere") == .programMissing(configured: nil))
        #expect(await reason("/nowhere/tf", path: "/nowhere") == .programMissing(configured: "/nowhere/tf"))
        try await withProgram("terraform", "", mode: 0o600) { folder in
            #expect(await reason("\(folder)/terraform", path: folder) == .programNotExecutable(path: "\(folder)/terraform"))
        }
        try await withProgram("terraform", "echo '{\"terraform_version\":\"1.5.7\",\"platform\":\"linux_amd64\"}'") { folder in
            let path = try #require(FileSystem.resolved("\(folder)/terraform"))
            #expect(await reason(path: folder) == .programTooOld(path: path, version: "1.5.7"))
        }
        try await withProgram("terraform", "echo 'no such command' >&2; exit 2") { folder in
            let path = try #require(FileSystem.resolved("\(folder)/terraform"))
            #expect(await reason(path: folder) == .programBroken(path: path, message: "no such command"))
        }
    }

    @Test func `OpenTofu is taken where there is no Terraform, and known as that`() async throws {
        let script =
            "if [ \"$2\" = -json ]; then echo '{\"terraform_version\":\"1.9.1\",\"platform\":\"linux_arm64\"}'; else echo 'OpenTofu v1.9.1'; fi"
        try await withProgram("tofu", script) { folder in
            let program = try await TerraformProgram.locate(environment: ["PATH": folder])
            #expect(program.flavor == .opentofu)
            #expect(program.version.description == "1.9.1")
            #expect(program.platform == "linux_arm64")
            #expect(!program.initializesInJSON)
        }
    }

    @Test func `the version is remembered until the program changes`() async throws {
        try await withProgram("terraform", "echo '{\"terraform_version\":\"1.8.0\"}'") { folder in
            let memory = "\(folder)/memory"
            #expect(try await TerraformProgram.locate(environment: ["PATH": folder], memory: memory).version.description == "1.8.0")
            let forged = String(decoding: try FileSystem.read(memory), as: UTF8.self).replacing("1.8.0", with: "1.8.7")
            try FileSystem.write(Array(forged.utf8), to: memory)
            #expect(try await TerraformProgram.locate(environment: ["PATH": folder], memory: memory).version.description == "1.8.7")
            try FileSystem.write(Array("#!/bin/sh\necho '{\"terraform_version\":\"1.9.0\"}'\n".utf8), to: "\(folder)/terraform")
            #expect(try await TerraformProgram.locate(environment: ["PATH": folder], memory: memory).version.description == "1.9.0")
        }
    }
}
