import FoundationEssentials
import Host
import TestKit
import Testing

@testable import Terraform

@Suite(.requires(.terraform)) struct SandboxTests {
    private func shown(_ mode: Sandbox.Mode, _ script: String, settings: RunSettings = RunSettings()) async throws -> String {
        try await Bench.with(sandbox: mode, settings: settings) { bench in
            let workspace = try bench.workspace(
                "resource \"terraform_data\" \"x\" {\n provisioner \"local-exec\" { command = \"sh ./look.sh\" }\n}\n",
                ["look.sh": script]
            )
            defer { workspace.remove() }
            let (outcome, _, _) = try await bench.deploy(in: workspace)
            #expect(outcome.exit.isSuccess, "\(outcome.text)")
            return outcome.events.compactMap { event in
                if case .provisionProgress(_, _, let output) = event, !output.hasPrefix("Executing") { output } else { nil }
            }.joined(separator: "\n")
        }
    }

    @Test(.requires(.bubblewrap)) func `inside, nothing of the host is to be seen`() async throws {
        let home = ProcessInfo.processInfo.environment["HOME"] ?? "/root"
        let script = """
            ls -a / | tr '\\n' ' '; echo
            ls \(home) 2>&1 || echo no home
            ls /proc | grep -c '^[0-9]'
            pwd
            touch /slipway/providers/x 2>&1 || echo read-only
            touch /usr/x 2>&1 || echo read-only
            """
        let seen = try await shown(.required, script).split(separator: "\n").map(String.init)
        #expect(!seen[0].contains("home") && !seen[0].contains("root") && !seen[0].contains("var"))
        #expect(seen.contains("no home"))
        // Process 1, Terraform, the shells, ls and grep.
        #expect(seen.compactMap { Int($0) }.contains { $0 <= 8 }, "\(seen)")
        #expect(seen.contains("/workspace/source"))
        #expect(seen.count { $0 == "read-only" } == 2)
    }

    @Test(arguments: [Sandbox.Mode.preferred, .off])
    func `the environment is what was given, and what Terraform needs`(mode: Sandbox.Mode) async throws {
        let given = ["AWS_SECRET_ACCESS_KEY": "xyzzy", "LD_PRELOAD": "", "TF_DATA_DIR": "/nowhere", "PATH": "/evil"]
        let seen = try await shown(mode, "env | cut -d= -f1 | sort -u", settings: RunSettings(environment: given))
        let names = Set(seen.split(separator: "\n").map(String.init))
        let expected: Set<String> = [
            "AWS_SECRET_ACCESS_KEY", "LD_PRELOAD", "PATH", "HOME", "TMPDIR", "GOGC", "PWD", "CHECKPOINT_DISABLE", "OLDPWD", "SHLVL", "_",
            "SLIPWAY_WORKSPACE",
        ]
        #expect(names.filter { !$0.hasPrefix("TF_") }.isSubset(of: expected), "\(names)")
        #expect(!names.contains("TF_DATA_DIR"))
        #expect(names.contains("AWS_SECRET_ACCESS_KEY"))
    }

    @Test(.requires(.bubblewrap)) func `credentials stand on no command line`() async throws {
        let settings = RunSettings(environment: ["AWS_SECRET_ACCESS_KEY": "xyzzy-\(UUID().uuidString)"])
        try await Bench.with(sandbox: .required, settings: settings) { bench in
            let workspace = try bench.workspace(
                "resource \"terraform_data\" \"x\" {\n provisioner \"local-exec\" { command = \"sleep 60\" }\n}\n"
            )
            defer { workspace.remove() }
            _ = try await bench.runner.prepare(workspace, lock: nil, settings: settings)
            let run = try bench.runner.start(.apply, in: workspace, settings: settings)
            var seen: [String] = []
            for await line in run.lines {
                guard case .provisionStart = line.event else { continue }
                seen = ProcessTable.tree(run.processID).flatMap { ProcessTable.arguments($0) }
                run.kill()
            }
            _ = await run.wait()
            #expect(seen.contains("apply"))
            #expect(!seen.contains { $0.contains("xyzzy") })
        }
    }

    @Test func `a sandbox that is required and missing is an error, preferred and missing a sentence`() async throws {
        let empty = ["PATH": "/nowhere"]
        let error = await #expect(throws: TerraformError.self) { try await Sandbox.establish(.required, environment: empty) }
        #expect(error?.description.contains("bubblewrap (bwrap) is not on PATH") == true)
        let without = try await Sandbox.establish(.preferred, environment: empty)
        #expect(!without.isInForce)
        #expect(without.sentence.contains("NOT sandboxed"))
    }

    @Test func `a bubblewrap that does not work is told with its own words`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try FileSystem.write(
            Array("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n".utf8),
            to: "\(folder.path)/bwrap",
            mode: 0o700
        )
        let error = await #expect(throws: TerraformError.self) {
            try await Sandbox.establish(.required, environment: ["PATH": folder.path])
        }
        #expect(error?.description.contains("No permissions to create new namespace") == true)
    }

    @Test(.requires(.bubblewrap)) func `what runs inside can't write what the next worker reads about it`() async throws {
        let seen = try await shown(.required, "ls -a /workspace | tr '\\n' ' '")
        #expect(!seen.contains("run.json") && !seen.contains("lock "))
    }

    @Test(.requires(.bubblewrap)) func `name servers and certificates are there to read, whoever runs`() async throws {
        let seen = try await shown(.required, "cat /etc/nsswitch.conf >/dev/null && ls /etc/ssl >/dev/null && stat -c %a /etc")
        #expect(seen == "755")
    }
}
