import FoundationEssentials
import Host
import TestKit
import Testing

/// What a run or another user has written, as a person's terminal gets it.
@Suite(.requires(.terraform), .requires(.python)) struct TerminalTests {
    /// Sequences that do something, each in the words of a different standard: a title, a colour that the program doesn't use, a cleared
    /// screen by one control character, a bell, a line that reads backwards.
    private static let harm = "\u{1B}]0;owned\u{07}\u{1B}[5;35mx\u{9B}2J\u{202E}y\u{2066}"
    private static let escaped = #"\u001b]0;owned\u0007\u001b[5;35mx\u009b2J\u202ey\u2066"#

    private static let main = """
        resource "terraform_data" "a" {
          for_each = toset(["\(escaped)"])
          input    = "\(escaped)"
          provisioner "local-exec" {
            command = "printf '\\\\033]0;owned\\\\007\\\\033[5;35mx\\\\302\\\\2332J said\\\\n'"
          }
        }
        output "value" {
          value = "\(escaped)"
        }
        output "list" {
          value = { "\(escaped)" = ["\(escaped)"] }
        }
        check "warns" {
          assert {
            condition     = length(terraform_data.a) == 0
            error_message = "It is \(escaped)."
          }
        }
        """

    /// Runs the program with a terminal of its own, and gives everything that the terminal got.
    private func shown(_ slipway: Slipway, _ arguments: [String]) async throws -> String {
        let script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
        let command = ChildProcess.Command(
            "/usr/bin/env",
            ["python3", "-c", script, try Slipway.program()] + arguments,
            environment: slipway.environment.merging(["TERM": "xterm-256color", "LANG": "C.UTF-8"]) { _, given in given },
            folder: slipway.folder
        )
        let finished = try await ChildProcess.run(command, timeout: .seconds(180), limit: 16 << 20)
        if finished.timedOut { throw TooLate(description: "\(arguments): \(finished.text)") }
        return finished.text
    }

    /// Whether nothing of what was written does anything.
    private func isHarmless(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        let single = scalars.contains { scalar in
            scalar == "\u{07}" || (0x80...0x9F).contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
                || (0x2066...0x2069).contains(scalar.value)
        }
        return !single && !text.contains("\u{1B}]") && !text.contains("\u{1B}[5;35m")
    }

    @Test func `nothing that a run has written is obeyed`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.main, to: "source/main.tf")
            let deployed = try await shown(slipway, ["deploy", source, "--project", "shop", "--auto-approve", "--verbose"])
            #expect(deployed.contains("provisioning complete") && isHarmless(deployed), "\(deployed.suffix(3000).debugDescription)")
            let jobs = try await slipway.json("jobs", "--project", "shop")
            let job = try #require(jobs[0]?["job"]?.text)
            let commands: [[String]] = [
                ["outputs", "--project", "shop"], ["outputs", "value", "--project", "shop"], ["outputs", "list", "--project", "shop"],
                ["outputs", "--project", "shop", "--json"], ["outputs", "value", "--project", "shop", "--json"], ["status", job],
                ["status", job, "--json"], ["status", job, "--follow"], ["logs", job], ["logs", job, "--json"], ["jobs"], ["deployments"],
                ["state", "list", "--project", "shop"], ["state", "pull", "--project", "shop"], ["state", "versions", "--project", "shop"],
                ["state", "list", "--project", "shop", "--json"], ["audit"],
            ]
            for words in commands {
                let text = try await shown(slipway, words)
                #expect(!text.isEmpty && isHarmless(text), "\(words): \(text.debugDescription)")
            }
            // A program gets the very bytes, and any document is the same one on a terminal.
            #expect(try await slipway.run("outputs", "value", "--project", "shop").output == Self.harm + "\n")
            let document = try await shown(slipway, ["outputs", "--project", "shop", "--json"])
            #expect(JSONTree(document)?["value"]?["value"]?.text == Self.harm)
            #expect(try await slipway.json("outputs", "--project", "shop")["value"]?["value"]?.text == Self.harm)
        }
    }

    @Test func `nothing that somebody else has written is obeyed`() async throws {
        try await ServedSlipway.with { served in
            let slipway = served.slipway
            let lock = #"{"ID":"\#(Self.escaped)","Operation":"\#(Self.escaped)","Who":"\#(Self.escaped)","Info":"","Path":""}"#
            let held = try await served.ask("LOCK", "/api/state/shop", body: Array(lock.utf8))
            #expect(held.status == 200, "\(held)")
            for words in [["state", "unlock", "--project", "shop", "--yes"], ["audit"], ["audit", "--json"]] {
                let text = try await shown(slipway, words)
                #expect(isHarmless(text), "\(words): \(text.debugDescription)")
            }
            // An error of the server's quotes what it was given.
            let asked = try await shown(slipway, ["status", "deploy-\(Self.harm)"])
            #expect(isHarmless(asked), "\(asked.debugDescription)")
        }
    }
}
