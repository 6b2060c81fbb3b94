import FoundationEssentials
import Glibc
import Host
import TestKit
import Testing

/// Whatever is handed in: one clear sentence, and nothing half done.
@Suite(.requires(.terraform)) struct BadSourceTests {
    private static let good = "resource \"terraform_data\" \"x\" { input = 1 }\n"

    /// Deploys, expects a refusal before anything is stored, and gives the sentence.
    private func refusal(_ slipway: Slipway, _ path: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        let answer = try await slipway.run("deploy", path, "--project", "shop", "--auto-approve")
        #expect(answer.code == 1 || answer.code == 2, "\(answer)", sourceLocation: sourceLocation)
        #expect(answer.output == "", "\(answer)", sourceLocation: sourceLocation)
        #expect(answer.errors.split(separator: "\n").count == 1, "\(answer)", sourceLocation: sourceLocation)
        #expect(try await slipway.json("jobs").list.isEmpty, sourceLocation: sourceLocation)
        #expect(try await slipway.json("deployments").list.isEmpty, sourceLocation: sourceLocation)
        return answer.errors
    }

    @Test func `a folder without a .tf file, a missing one, and a file that is none`() async throws {
        try await Slipway.with { slipway in
            let empty = try slipway.write("nothing", to: "empty/README.md")
            let first = try await refusal(slipway, empty)
            #expect(first.contains("no .tf file"))
            let second = try await refusal(slipway, "\(slipway.folder)/missing")
            #expect(second.contains("missing"))
            let third = try await refusal(slipway, "\(empty)/README.md")
            #expect(third.contains(".tf"))
        }
    }

    @Test func `a source over 50 MiB`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.good, to: "source/main.tf")
            let big = try slipway.write("", to: "source/big.bin") + "/big.bin"
            #expect(truncate(big, 51 << 20) == 0)
            let sentence = try await refusal(slipway, source)
            #expect(sentence.contains("50 MiB"))
        }
    }

    @Test func `a symbolic link out of the folder`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.good, to: "source/main.tf")
            try FileSystem.makeLink(at: "\(source)/secrets.txt", to: "/etc/passwd")
            let sentence = try await refusal(slipway, source)
            #expect(sentence.contains("secrets.txt") && sentence.contains("/etc/passwd"))
        }
    }

    @Test func `a file name that is not UTF-8`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.good, to: "source/main.tf")
            let name = (Array("\(source)/".utf8) + [0xFF, 0xFE, 0x2E, 0x74, 0x66]).map { CChar(bitPattern: $0) } + [0]
            let descriptor = open(name, O_CREAT | O_WRONLY, 0o600)
            #expect(descriptor >= 0)
            close(descriptor)
            let sentence = try await refusal(slipway, source)
            #expect(sentence.contains("UTF-8"))
        }
    }

    @Test func `an undeclared variable, and files of variables that can't be read`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.good, to: "source/main.tf")
            let undeclared = try await slipway.run("deploy", source, "--project", "shop", "--auto-approve", "--var", "regoin=x")
            #expect(undeclared.code == 1 && undeclared.errors.contains("regoin"), "\(undeclared)")
            let missing = try await slipway.run("deploy", source, "--project", "shop", "--auto-approve", "--var-file", "/nowhere.tfvars")
            #expect(missing.code == 2 && missing.errors.contains("/nowhere.tfvars"), "\(missing)")
            let name = try await slipway.run("deploy", source, "--project", "a/b", "--auto-approve")
            #expect(name.code != 0 && name.errors.contains("a/b"), "\(name)")
            #expect(try await slipway.json("jobs").list.isEmpty)
        }
    }

    /// Deploys files, expects a failed job, and gives what was printed.
    private func failure(_ files: [String: String], environment: [String: String] = [:]) async throws -> String {
        var printed = ""
        try await Slipway.with(environment: environment) { slipway in
            var source = ""
            for (name, content) in files { source = try slipway.write(content, to: "source/\(name)") }
            let answer = try await slipway.run("deploy", source, "--project", "shop", "--auto-approve", timeout: .seconds(180))
            #expect(answer.code == 1, "\(answer)")
            #expect(answer.lines.last?.hasPrefix("failed:") == true || answer.output.contains("\nfailed:"), "\(answer)")
            #expect(try await slipway.json("deployments")[0]?["status"]?.text == "failed")
            let jobs = try await slipway.json("jobs")
            #expect(jobs.list.count == 1 && jobs[0]?["attempt"]?.number == 1, "\(jobs)")
            #expect(try await slipway.run("state", "pull", "--project", "shop").code == 1)
            printed = answer.output
        }
        return printed
    }

    @Test func `a syntax error is said with its file and line`() async throws {
        let printed = try await failure(["main.tf": Self.good + "resource \"terraform_data\" {\n}\n"])
        #expect(printed.contains("error: main.tf:2"), "\(printed)")
    }

    @Test func `a missing variable is said with its file and line`() async throws {
        let printed = try await failure(["main.tf": Self.good, "variables.tf": "\nvariable \"region\" {}\n"])
        #expect(printed.contains("error: variables.tf:2") && printed.contains("--var"), "\(printed)")
    }

    @Test func `an unknown provider is named`() async throws {
        // A mirror that holds nothing, so that no network is asked.
        let mirror = try TemporaryFolder()
        defer { mirror.remove() }
        let configuration = "\(mirror.path)/terraformrc"
        let installation = "provider_installation {\n  filesystem_mirror {\n    path = \"\(mirror.path)\"\n  }\n}\n"
        try FileSystem.write(Array(installation.utf8), to: configuration)
        let printed = try await failure(
            ["main.tf": "resource \"nosuch_thing\" \"x\" {}\n"],
            environment: ["TF_CLI_CONFIG_FILE": configuration]
        )
        #expect(printed.contains("hashicorp/nosuch"), "\(printed)")
    }

    @Test func `an override file that fights ours`() async throws {
        let printed = try await failure(["main.tf": Self.good, "zzz_override.tf": "terraform {\n  backend \"local\" {}\n}\n"])
        #expect(printed.contains("zzz_override.tf"), "\(printed)")
    }

    @Test(arguments: [
        "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    region = \"eu-central-1\"\n  }\n}\n",
        "terraform {\n  cloud {\n    organization = \"o\"\n    workspaces { name = \"w\" }\n  }\n}\n",
    ])
    func `a backend or cloud block of its own is passed over, and said`(block: String) async throws {
        try await Slipway.with { slipway in
            try slipway.write(block, to: "source/backend.tf")
            let source = try slipway.write(Self.good, to: "source/main.tf")
            let answer = try await slipway.run("deploy", source, "--project", "shop", "--auto-approve")
            #expect(
                answer.code == 0 && answer.output.contains("warning:") && answer.output.contains("Slipway keeps the state"),
                "\(answer)"
            )
            #expect(try await slipway.run("state", "list", "--project", "shop").lines == ["terraform_data.x"])
        }
    }

    @Test func `an early failure of the machine's own is said in one sentence`() async throws {
        try await Slipway.with { slipway in
            let source = try slipway.write(Self.good, to: "source/main.tf")
            let without = try await slipway.run(
                "deploy",
                source,
                "--project",
                "shop",
                "--auto-approve",
                environment: ["SLIPWAY_TERRAFORM": "/nowhere/terraform"]
            )
            #expect(without.code == 1 && without.errors.contains("/nowhere/terraform"), "\(without)")
            #expect(without.errors.split(separator: "\n").count == 1)
            let database = try await slipway.run(
                "jobs",
                environment: ["SLIPWAY_DATABASE_URL": "postgresql:///x?host=/nowhere&connect_timeout=2"]
            )
            #expect(database.code == 1 && database.errors.split(separator: "\n").count == 1, "\(database)")
            let nonsense = try await slipway.run("jobs", environment: ["SLIPWAY_DATABASE_URL": "mysql://x"])
            #expect(nonsense.code != 0 && nonsense.errors.split(separator: "\n").count == 1, "\(nonsense)")
            try slipway.write("file", to: "blocked")
            let folder = try await slipway.run("jobs", "--data", "\(slipway.folder)/blocked/data")
            #expect(folder.code == 1 && folder.errors.contains("blocked/data"), "\(folder)")
            #expect(try await slipway.json("jobs").list.isEmpty)
        }
    }

    @Test func `a keyring that others can read is refused`() async throws {
        try await Slipway.with { slipway in
            _ = try await slipway.run("jobs")
            try FileSystem.setMode(0o644, of: "\(slipway.data)/keyring")
            let answer = try await slipway.run("jobs")
            #expect(answer.code == 1 && answer.errors.contains("keyring"), "\(answer)")
            try FileSystem.setMode(0o600, of: "\(slipway.data)/keyring")
            #expect(try await slipway.run("jobs").code == 0)
        }
    }

    @Test(.enabled("only root can make a small disk") { geteuid() == 0 })
    func `a full disk is said, and what was there before is still there`() async throws {
        try await Slipway.with { slipway in
            let small = try slipway.write(Self.good, to: "small/main.tf")
            let big = try slipway.write(Self.good, to: "big/main.tf")
            let noise = (0..<(2 << 20)).map { _ in UInt8.random(in: 0...255) }
            try FileSystem.write(noise, to: "\(big)/noise.bin")
            try await SmallDisk.with(megabytes: 8) { disk in
                let here = ["SLIPWAY_DATA": "\(disk)/data"]
                defer { slipway.removeWorkspaces(ofData: "\(disk)/data") }
                let first = try await slipway.run("deploy", small, "--project", "one", "--auto-approve", environment: here)
                #expect(first.code == 0, "\(first)")
                // Full to the last block.
                var count = 0
                while (try? FileSystem.write(Array(noise.prefix(1 << 16)), to: "\(disk)/filler-\(count)")) != nil { count += 1 }
                let second = try await slipway.run("deploy", big, "--project", "two", "--auto-approve", environment: here)
                #expect(second.code == 1 && second.errors.split(separator: "\n").count == 1, "\(second)")
                #expect(second.errors.contains("space") || second.errors.contains("full"), "\(second)")
                for index in 0...count { try? FileSystem.removeFile("\(disk)/filler-\(index)") }  // the last may not have been made
                #expect(try await slipway.run("state", "list", "--project", "one", environment: here).lines == ["terraform_data.x"])
                #expect(try await slipway.json("jobs", "--project", "one", environment: here).list.count == 1)
                #expect(try await slipway.json("deployments", environment: here).list.count == 1)
                let third = try await slipway.run("deploy", small, "--project", "one", "--auto-approve", environment: here)
                #expect(third.code == 0, "\(third)")
            }
        }
    }
}
