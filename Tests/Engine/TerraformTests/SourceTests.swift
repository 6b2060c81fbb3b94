import FoundationEssentials
import Glibc
import Host
import TestKit
import Testing

@testable import Terraform

@Suite struct SourceTests {
    private func files(_ files: [String: String]) throws -> SourceFiles {
        try SourceFiles(files: files.mapValues { Array($0.utf8) })
    }

    private func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = try TemporaryFolder()
        defer { try? FileSystem.removeTree(folder.path) }
        return try body(folder.path)
    }

    private func reason(_ body: () throws -> Void) -> TerraformError.Reason? {
        do { try body() } catch { return (error as? TerraformError)?.reason }
        return nil
    }

    @Test func `a folder is read with its modules links and executables, and without git, state and caches`() throws {
        try inFolder { folder in
            for path in ["modules/m", ".git", ".terraform"] { try FileSystem.makeFolder("\(folder)/\(path)") }
            try FileSystem.write(Array("a".utf8), to: "\(folder)/main.tf")
            try FileSystem.write(Array("b".utf8), to: "\(folder)/modules/m/main.tf")
            try FileSystem.write(Array("c".utf8), to: "\(folder)/run.sh", mode: 0o755)
            try FileSystem.makeLink(at: "\(folder)/modules/m/up.tf", to: "../../main.tf")
            for path in [".git/config", ".terraform/x", "terraform.tfstate", "terraform.tfstate.backup", "crash.log"] {
                try FileSystem.write([], to: "\(folder)/\(path)")
            }
            let source = try SourceFiles(reading: folder)
            #expect(source.entries.map(\.path) == ["main.tf", "modules/m/main.tf", "modules/m/up.tf", "run.sh"])
            #expect(source.entries[3].content == .file(Array("c".utf8), isExecutable: true))
            #expect(source.entries[2].content == .link("../../main.tf"))
            #expect(source.ignoredStates == ["terraform.tfstate", "terraform.tfstate.backup"])
            #expect(try SourceFacts(of: source).warnings.first?.contains("terraform.tfstate is left out") == true)
            #expect(try SourceFiles(packed: source.packed()).entries == source.entries)
        }
    }

    @Test func `a single file is a source`() throws {
        try inFolder { folder in
            try FileSystem.write(Array("a".utf8), to: "\(folder)/only.tf")
            try FileSystem.write(Array("a".utf8), to: "\(folder)/other.txt")
            #expect(try SourceFiles(reading: "\(folder)/only.tf").entries.map(\.path) == ["only.tf"])
            #expect(reason { _ = try SourceFiles(reading: "\(folder)/other.txt") } == .sourceMissing(path: "\(folder)/other.txt"))
            #expect(reason { _ = try SourceFiles(reading: "\(folder)/none") } == .sourceMissing(path: "\(folder)/none"))
        }
    }

    @Test func `what can't be deployed is named`() throws {
        try inFolder { folder in
            #expect(reason { _ = try SourceFiles(reading: folder) } == .noConfiguration)
            try FileSystem.write([], to: "\(folder)/main.tf")
            try FileSystem.makeLink(at: "\(folder)/out", to: "/etc/passwd")
            #expect(reason { _ = try SourceFiles(reading: folder) } == .linkLeavesFolder(path: "out", target: "/etc/passwd"))
            try FileSystem.removeFile("\(folder)/out")
            try FileSystem.makeLink(at: "\(folder)/out", to: "../x")
            #expect(reason { _ = try SourceFiles(reading: folder) } == .linkLeavesFolder(path: "out", target: "../x"))
            try FileSystem.removeFile("\(folder)/out")
            mkfifo("\(folder)/pipe", 0o600)
            #expect(reason { _ = try SourceFiles(reading: folder) } == .specialFile(path: "pipe"))
            try FileSystem.removeFile("\(folder)/pipe")
            let name: [CChar] = Array("\(folder)/".utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
            close(open(name, O_CREAT | O_WRONLY, 0o600))
            #expect(reason { _ = try SourceFiles(reading: folder) } == .nameNotUTF8(path: "\u{FFFD}"))
        }
    }

    @Test func `more than 50 MiB are refused before they are read`() throws {
        try inFolder { folder in
            try FileSystem.write([], to: "\(folder)/main.tf")
            try FileSystem.write([], to: "\(folder)/disk.img")
            truncate("\(folder)/disk.img", 51 << 20)
            #expect(reason { _ = try SourceFiles(reading: folder) } == .sourceTooLarge(limit: 50 << 20))
        }
    }

    @Test(arguments: ["../x.tf", "/x.tf", "a//x.tf", "a/./x.tf", "", "a/../../x.tf", "a\nb.tf", "\u{7F}.tf"])
    func `an unsafe name is refused`(name: String) {
        #expect(reason { _ = try files([name: "", "main.tf": ""]) } == .unsafeName(path: name))
    }

    @Test(.timeLimit(.minutes(1))) func `links with targets of very many parts are checked, and those through other links refused`() throws
    {
        func unpacked(_ links: [String: String]) throws -> SourceFiles {
            let main = SourceFiles.Entry(path: "main.tf", content: .file([], isExecutable: false))
            let source = try SourceFiles(entries: [main] + links.map { SourceFiles.Entry(path: $0.key, content: .link($0.value)) })
            return try SourceFiles(archive: source.archive)
        }
        let long = String(repeating: "a/", count: 100_000)
        #expect(try unpacked(["link": long + "b", "m/link": "../n"]).entries.count == 3)
        #expect(reason { _ = try unpacked(["link": long + "b", "a/a": "x"]) } == .linkLeavesFolder(path: "link", target: long + "b"))
        #expect(reason { _ = try unpacked(["l": "m/n/x", "m/n": "y"]) } == .linkLeavesFolder(path: "l", target: "m/n/x"))
        #expect(reason { _ = try unpacked(["m/l": "./o/../n/x", "m/n": "y"]) } == .linkLeavesFolder(path: "m/l", target: "./o/../n/x"))
        // The link itself is its target's end.
        #expect(try unpacked(["l": "m/n", "m/n": "y"]).entries.count == 3)
    }

    @Test(.timeLimit(.minutes(1))) func `what lies below a file is refused, however deep and many the folders are`() throws {
        let deep = (0..<200).map { "d\($0)" }.joined(separator: "/")
        var many = Dictionary(uniqueKeysWithValues: (0..<5000).map { ("\(deep)/\($0)", "") })
        many["main.tf"] = ""
        #expect(try files(many).entries.count == 5001)
        many["d0/d1"] = ""
        #expect(reason { _ = try files(many) } == .unsafeName(path: "\(deep)/0"))
        #expect(reason { _ = try files(["a": "", "a/b": "", "a-b": "", "main.tf": ""]) } == .unsafeName(path: "a/b"))
        #expect(try files(["a-": "", "a/b": "", "ab": "", "main.tf": ""]).entries.count == 4)
    }

    @Test(arguments: [".terraform/modules/modules.json", "terraform.tfstate", "a/terraform.tfstate.backup", "b/.git/config"])
    func `what a run leaves behind is refused where somebody names it`(name: String) {
        #expect(reason { _ = try files([name: "", "main.tf": ""]) } == .leftover(path: name))
    }

    @Test func `a packed source that was damaged or made to do harm is refused`() throws {
        let packed = try files(["main.tf": "x"]).packed()
        #expect(reason { _ = try SourceFiles(packed: Array(packed.dropLast())) } == .packedSourceDamaged)
        #expect(reason { _ = try SourceFiles(packed: []) } == .packedSourceDamaged)
        let text = String(decoding: packed, as: UTF8.self).replacing("main.tf", with: "../a.tf")
        #expect(reason { _ = try SourceFiles(packed: Array(text.utf8)) } == .unsafeName(path: "../a.tf"))
    }

    @Test func `an override file that is read after ours and sets a backend is refused, others are not`() throws {
        let backend = "terraform {\n  backend \"s3\" {}\n}"
        #expect(
            reason { _ = try SourceFacts(of: try files(["main.tf": "", "zzz_override.tf": backend])) }
                == .fightingOverride(path: "zzz_override.tf")
        )
        let cloud = #"{"terraform":{"cloud":{"organization":"x"}}}"#
        #expect(
            reason { _ = try SourceFacts(of: try files(["main.tf": "", "zzz_override.tf.json": cloud])) }
                == .fightingOverride(path: "zzz_override.tf.json")
        )
        #expect(
            reason { _ = try SourceFacts(of: try files(["main.tf": "", "zz_slipway_override.tofu": ""])) }
                == .reservedName(path: "zz_slipway_override.tofu")
        )
        #expect(try SourceFacts(of: try files(["main.tf": "", "zzz_override.tf": "locals {}"])).warnings.isEmpty)
        #expect(try SourceFacts(of: try files(["main.tf": "", "override.tf": backend])).ownBackend == "s3")
        #expect(try SourceFacts(of: try files(["main.tf": "", "zzz.tf": backend])).ownBackend == "s3")
        #expect(try SourceFacts(of: try files(["main.tf": "# terraform { backend \"s3\" {} }\n"])).ownBackend == nil)
    }

    @Test func `variables and modules are found in both syntaxes`() throws {
        let native = """
            variable "plain" {}
            variable "typed" {
              type      = list(object({
                a = string
              }))
              sensitive = true
            }
            variable "number" { type = number }
            module "m" { source = "./m" }
            """
        let json = #"{"variable":{"j":{"type":"map(string)","sensitive":true}}}"#
        let facts = try SourceFacts(of: try files(["main.tf": native, "more.tf.json": json]))
        #expect(facts.variables == ["plain": false, "typed": true, "number": false, "j": true])
        #expect(facts.sensitiveVariables == ["typed", "j"])
        #expect(facts.hasModules)
    }

    @Test func `an undeclared variable and a name that is none are refused`() throws {
        let root = WorkspaceRoot(path: "/nonexistent", isMemoryBacked: false)
        let source = try files(["main.tf": "variable \"a\" {}"])
        #expect(
            reason { _ = try Workspace.make(in: root, source: source, variables: .init(values: ["b": "x"])) }
                == .undeclaredVariable("b", declared: ["a"])
        )
        #expect(
            reason { _ = try Workspace.make(in: root, source: source, variables: .init(values: ["a\nb": "x"])) }
                == .invalidVariableName("a\nb")
        )
    }

    @Test func `every reason is one sentence without a line end`() {
        let reasons: [TerraformError.Reason] = [
            .programMissing(configured: nil), .programMissing(configured: "/x"), .programNotExecutable(path: "/x"),
            .programTooOld(path: "/x", version: "1.5.7"), .programBroken(path: "/x", message: "no"), .sandboxUnavailable(why: "no"),
            .sourceMissing(path: "x"), .noConfiguration, .sourceTooLarge(limit: 50 << 20), .tooManyFiles(limit: 3), .packedSourceDamaged,
            .linkLeavesFolder(path: "a", target: "b"), .nameNotUTF8(path: "x"), .unsafeName(path: "x"), .leftover(path: "x"),
            .specialFile(path: "x"),
            .reservedName(path: "x"), .fightingOverride(path: "x"), .invalidVariableName("a\nb"), .undeclaredVariable("a", declared: []),
            .diskFull(path: "/x"), .workspaceInUse(path: "x"), .providerDamaged("x"),
        ]
        for reason in reasons {
            let sentence = TerraformError(reason).description
            #expect(!sentence.contains("\n") && sentence.count > 20, "\(sentence)")
        }
    }
}
