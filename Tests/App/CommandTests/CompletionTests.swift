import Dispatch
import FoundationEssentials
import Glibc
import Testing

@testable import slipway

@Suite struct CompletionTests {
    static let hasZsh = run("command -v zsh").status == 0
    static let hasFish = run("command -v fish").status == 0

    static let expectations: [(line: String, words: [String])] = [
        ("slipway de", ["deploy", "deployments", "destroy"]),
        (
            "slipway state ",
            [
                "backend", "backup", "diff", "export", "import", "list", "pin", "prune", "pull", "rebuild", "restore", "retention",
                "rollback", "show",
                "unlock",
                "unpin",
                "verify", "versions",
            ]
        ),
        ("slipway state pull --p", ["--project"]),
        ("slipway --org state jobs --li", ["--limit"]),
        ("slipway jobs --limit 5 --st", ["--status"]),
        ("slipway jobs --status f", ["failed"]),
        ("slipway completions ", ["bash", "fish", "zsh"]),
        ("slipway help st", ["state", "status"]),
        ("slipway --json deploy . --auto-a", ["--auto-approve"]),
        ("slipway deploy inf", ["infra"]),
        ("slipway deploy . --var-file ter", ["terraform.tfvars"]),
        ("slipway --data da", ["data"]),
    ]

    @Test(arguments: expectations) func `bash completes`(line: String, words: [String]) async throws {
        let script = """
            read -ra COMP_WORDS <<<'\(line)'
            case '\(line)' in *' ') COMP_WORDS+=('');; esac
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _slipway
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        #expect(try await complete(with: "bash --norc", .bash, script).sorted() == words)
    }

    @Test func `bash completes a value after an equals sign`() async throws {
        let script = "COMP_WORDS=(slipway jobs --status = f); COMP_CWORD=4; _slipway; printf '%s\\n' \"${COMPREPLY[@]}\""
        #expect(try await complete(with: "bash --norc", .bash, script) == ["failed"])
    }

    @Test(.enabled(if: hasFish, "fish is not installed"), arguments: expectations)
    func `fish completes`(line: String, words: [String]) async throws {
        let script = "complete -C '\(line)' | string replace -r '\\t.*' ''"
        let found = try await complete(with: "fish --no-config", .fish, script).map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        #expect(found.sorted() == words)
    }

    /// zsh completes only in a terminal: the script is loaded and its functions are there.
    @Test(.enabled(if: hasZsh, "zsh is not installed")) func `zsh takes its script`() async throws {
        let script = "print -l ${(ok)functions} | grep -c '^_slipway'"
        let prelude = "autoload -Uz compinit; compinit -u -D;"
        let count = try await complete(with: "zsh -f", .zsh, script, prelude: prelude)
        #expect(count == [String(Completions.places(CommandTree.root).count + 1)])
    }

    // MARK: Shells

    private func complete(with shell: String, _ kind: Completions.Shell, _ script: String, prelude: String = "") async throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "slipway-completion-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["infra", "data"] {
            try FileManager.default.createDirectory(at: folder.appending(path: "work/\(name)"), withIntermediateDirectories: true)
        }
        try Data().write(to: folder.appending(path: "work/terraform.tfvars"))
        try Data(Completions.script(for: kind, root: CommandTree.root).utf8).write(to: folder.appending(path: "completion"))
        let text = "cd '\(folder.path)/work'\n\(prelude)\nsource ../completion\n\(script)\n"
        try Data(text.utf8).write(to: folder.appending(path: "script"))
        let command = "HOME='\(folder.path)' \(shell) '\(folder.path)/script' 2>&1"
        // On a queue: the wait must not hold a thread of Swift's pool.
        let output = await withCheckedContinuation { continuation in
            DispatchQueue(label: "test.shell").async { continuation.resume(returning: Self.run(command).output) }
        }
        return output.split(separator: "\n").map(String.init)
    }

    private static func run(_ command: String) -> (output: String, status: Int32) {
        guard let stream = popen(command, "r") else { return ("", -1) }
        var output: [UInt8] = []
        var byte = fgetc(stream)
        while byte != EOF {
            output.append(UInt8(truncatingIfNeeded: byte))
            byte = fgetc(stream)
        }
        return (String(decoding: output, as: UTF8.self), pclose(stream))
    }
}
