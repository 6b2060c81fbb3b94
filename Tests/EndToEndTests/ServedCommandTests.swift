import FoundationEssentials
import Host
import TestKit
import Testing

/// Commands through a server: over its socket, and over the network with a token.
@Suite(.requires(.terraform)) struct ServedCommandTests {
    private static let small = """
        variable "word" { default = "hello" }
        resource "terraform_data" "one" {
          input = var.word
          provisioner "local-exec" { command = "echo one is made" }
        }
        output "word" { value = terraform_data.one.output }
        output "hidden" {
          value     = "very-hidden-${var.word}"
          sensitive = true
        }
        """

    private static func slow(_ seconds: Int) -> String {
        """
        resource "terraform_data" "quick" { input = 1 }
        resource "terraform_data" "slow" {
          input = terraform_data.quick.output
          provisioner "local-exec" { command = "echo slow begins; exec sleep \(seconds)" }
        }
        """
    }

    /// What a command sees that works over the network, and has no data folder of its own.
    private func away(_ served: ServedSlipway, token: String? = nil) -> [String: String] {
        ["SLIPWAY_URL": served.url, "SLIPWAY_TOKEN": token ?? served.token, "SLIPWAY_DATA": "\(served.slipway.folder)/elsewhere"]
    }

    @Test func `a deploy shows its lines as it does without a server, by socket and by token`() async throws {
        try await ServedSlipway.with { served in
            let slipway = served.slipway
            let source = try slipway.write(Self.small, to: "source/main.tf")
            #expect(try await slipway.json("version")["works"]?.text == "socket")
            let first = try await slipway.run("deploy", source, "--project", "shop", "--auto-approve")
            #expect(first.code == 0, "\(first)")
            for part in [
                "job: deploy-", "planned: create terraform_data.one", "one is made", "plan: 1 to add", "completed:", "word   = \"hello\"",
            ] {
                #expect(first.output.contains(part), "no \(part) in \(first)")
            }
            let variables = try slipway.write("word = \"from a file\"\n", to: "vars/x.tfvars") + "/x.tfvars"
            let there = away(served)
            let second = try await slipway.run(
                "deploy",
                source,
                "--project",
                "shop",
                "--auto-approve",
                "--var-file",
                variables,
                "--json",
                environment: there
            )
            #expect(second.code == 0, "\(second)")
            let events = second.lines.map { JSONTree($0) }
            #expect(events.last??["data"]?["status"]?.text == "completed" && events.allSatisfy { $0?["type"] != nil }, "\(second)")
            #expect(try await slipway.run("outputs", "word", "--project", "shop", environment: there).output == "from a file\n")
            #expect(
                try await slipway.run("outputs", "hidden", "--project", "shop", environment: there).output == "very-hidden-from a file\n"
            )
            // Who did it.
            let audit = try await slipway.json("audit", "--action", "run.requested")
            #expect(audit.list.compactMap { $0["actor"]?.text } == ["token:administrator", "local:\(CurrentUser.name ?? "")"], "\(audit)")
            // No worker was started beside the server's.
            #expect(slipway.workers.isEmpty)
            let destroyed = try await slipway.run("destroy", "--project", "shop", "--auto-approve", environment: there)
            #expect(destroyed.code == 0 && destroyed.output.contains("1 destroyed"), "\(destroyed)")
        }
    }

    @Test func `every command prints the same document in its process, by socket and by token`() async throws {
        try await ServedSlipway.with { served in
            let slipway = served.slipway
            let source = try slipway.write(Self.small, to: "source/main.tf")
            let deployed = try await slipway.run("deploy", source, "--project", "shop", "--auto-approve", "--quiet")
            #expect(deployed.code == 0, "\(deployed)")
            let again = try await slipway.run("deploy", source, "--project", "shop", "--var", "word=two", "--auto-approve")
            #expect(again.code == 0, "\(again)")
            #expect(try await slipway.run("credential", "add", "aws", "--env", "SECRET", environment: ["SECRET": "x"]).code == 0)
            #expect(try await slipway.run("user", "add", "bob", "--generate").code == 0)
            #expect(try await slipway.run("user", "grant", "bob", "--role", "viewer").code == 0)
            #expect(try await slipway.run("org", "licence", "default", "--max-runs", "3").code == 0)
            let job = try #require(try await slipway.json("jobs")[0]?["job"]?.text)
            let commands: [[String]] = [
                ["deployments"], ["deployments", "--status", "completed"], ["deployments", "--org", "default", "--limit", "1"], ["jobs"],
                ["jobs", "--project", "shop", "--limit", "1"], ["jobs", "--status", "failed"], ["status", job], ["logs", job],
                ["outputs", "--project", "shop"], ["outputs", "--project", "shop", "--show-sensitive"],
                ["outputs", "word", "--project", "shop"],
                ["state", "pull", "--project", "shop"], ["state", "pull", "--project", "shop", "--version", "1"],
                ["state", "list", "--project", "shop"], ["state", "show", "--project", "shop", "--version", "1"],
                ["state", "diff", "--project", "shop"], ["state", "diff", "--project", "shop", "--from", "2", "--to", "1"],
                ["state", "unlock", "--project", "shop", "--yes"], ["credential", "list"], ["org", "list"], ["org", "licence", "default"],
                ["user", "list"], ["audit", "--limit", "5"], ["status", "deploy-1-nobody"], ["state", "list", "--project", "nobody"],
                ["outputs", "nope", "--project", "shop"], ["state", "show", "--project", "shop", "--version", "99"],
                ["credential", "remove", "nobody"], ["org", "rename", "nobody", "x"],
            ]
            for command in commands {
                let socket = try await slipway.run(command + ["--json"])
                let network = try await slipway.run(command + ["--json"], environment: away(served))
                let process = try await slipway.run(command + ["--json", "--data", slipway.data])
                #expect(socket.output == network.output && socket.code == network.code, "\(command): \(socket)\n\(network)")
                #expect(socket.output == process.output && socket.code == process.code, "\(command): \(socket)\n\(process)")
                #expect(JSONTree(socket.output) != nil, "\(command): \(socket)")
            }
            // Upkeep may change these meanwhile: backups, and when a token was used.
            for command in [["state", "versions", "--project", "shop"], ["token", "list"]] {
                let there = try await slipway.run(command + ["--json"], environment: away(served))
                #expect(JSONTree(there.output)?[0] != nil, "\(there)")
            }
        }
    }

    @Test func `what changes something works over the network`() async throws {
        try await ServedSlipway.with { served in
            let (slipway, there) = (served.slipway, away(served))
            func run(_ words: String...) async throws -> Slipway.Answer { try await slipway.run(words, environment: there) }
            let source = try slipway.write(Self.small, to: "source/main.tf")
            let waiting = try await run("deploy", source, "--project", "shop")
            #expect(waiting.code == 4, "\(waiting)")
            let job = try #require(waiting.lines.first?.split(separator: " ").last.map(String.init))
            #expect(try await run("status", job).output.contains("waits for `slipway approve"))
            let approved = try await run("approve", job)
            #expect(
                approved.code == 0 && approved.output.contains("completed:") && !approved.output.contains("plan: 1 to add"),
                "\(approved)"
            )
            #expect(try await run("approve", job).code == 1)
            let plan = try await run("plan", source, "--project", "shop", "--var", "word=new")
            #expect(plan.code == 0 && plan.output.contains("1 to change"), "\(plan)")
            #expect(try await run("refresh", "--project", "shop").code == 0)
            #expect(try await run("provision", "1", "--sync").code == 0)
            let second = try #require(try await slipway.json("destroy", "--project", "shop", "--detach", environment: there)["job"]?.text)
            #expect(try await run("status", second, "--follow").code == 4)
            #expect(try await run("refuse", second, "--reason", "not today").code == 0)
            #expect(try await run("status", second).code == 3)

            #expect(try await run("deploy", source, "--project", "shop", "--var", "word=two", "--auto-approve").code == 0)
            let path = "\(slipway.folder)/state.json"
            #expect(try await run("state", "export", "--project", "shop", "--version", "1", "--output", path).code == 0)
            #expect(try await run("state", "pin", "--project", "shop", "--version", "1").code == 0)
            let back = try await run("state", "rollback", "--project", "shop", "--to", "1", "--yes")
            #expect(back.code == 0 && back.output.contains("Back to version 1"), "\(back)")
            let refused = try await run("state", "import", path, "--project", "shop", "--yes")
            #expect(refused.code == 1 && refused.errors.contains("--force"), "\(refused)")
            let forced = try await run("state", "import", path, "--project", "shop", "--yes", "--force")
            #expect(forced.code == 0 && forced.output.contains("Imported"), "\(forced)")
            #expect(try await run("state", "unpin", "--project", "shop", "--version", "1").code == 0)

            #expect(try await run("org", "add", "acme").code == 0)
            let limited = try await run("org", "limits", "acme", "--memory", "256", "--processors", "1.5")
            #expect(limited.code == 0 && limited.lines.contains { $0.hasPrefix("memory") && $0.hasSuffix("acme") }, "\(limited)")
            // The server says it, also where the command's own settings are others.
            let shown = try await slipway.run(
                ["org", "limits", "acme"],
                environment: there.merging(["SLIPWAY_RUN_DISK": "77"]) { _, own in own }
            )
            #expect(shown.output == limited.output && shown.output.contains("2048 MiB"), "\(shown)")
            #expect(try await slipway.json("org", "limits", "acme", "--reset", environment: there)["limits"]?["own"]?.list.count == 0)
            #expect(try await run("org", "rename", "acme", "corp").code == 0)
            #expect(try await run("org", "remove", "corp", "--yes").code == 0)
            let token = try await slipway.json("token", "add", "ci", environment: there)
            #expect(token["token"]?.text?.hasPrefix("slp_") == true && token["role"]?.text == "member")
            #expect(try await run("token", "revoke", String(Int(token["id"]?.number ?? 0))).code == 0)
            #expect(try await run("credential", "remove", "none").code == 1)
            #expect(slipway.workers.isEmpty)
        }
    }

    @Test func `a wrong token, none, and a viewer's are refused with the server's sentence`() async throws {
        try await ServedSlipway.with(workers: 0) { served in
            let slipway = served.slipway
            let source = try slipway.write(Self.small, to: "source/main.tf")
            let made = try await slipway.json("token", "add", "looks", "--role", "viewer")
            let viewer = away(served, token: try #require(made["token"]?.text))
            let denied = try await slipway.run("deploy", source, "--project", "shop", "--auto-approve", environment: viewer)
            #expect(denied.code == 1 && denied.errors.contains("This needs the permission 'deploy' in the organization"), "\(denied)")
            #expect(try await slipway.run("deployments", environment: viewer).code == 0)
            #expect(try await slipway.run("jobs", "--json", environment: viewer).output == "[\n\n]\n")
            let users = try await slipway.run("user", "list", "--json", environment: viewer)
            #expect(users.code == 1 && JSONTree(users.output)?["error"]?.text == "Only an administrator may do this.", "\(users)")
            let wrong = try await slipway.run("jobs", environment: away(served, token: "slp_" + String(repeating: "a", count: 40)))
            #expect(wrong.code == 1 && wrong.errors.contains("The token is unknown, revoked or over"), "\(wrong)")
            let none = try await slipway.run("jobs", environment: ["SLIPWAY_URL": served.url])
            #expect(none.code == 2 && none.errors.contains("SLIPWAY_TOKEN"), "\(none)")
            let nowhere = try await slipway.run("jobs", environment: ["SLIPWAY_URL": "http://127.0.0.1:1", "SLIPWAY_TOKEN": "x"])
            #expect(nowhere.code == 1 && nowhere.errors.contains("can't be reached"), "\(nowhere)")
            for words in [["worker"], ["keys", "list"], ["state", "rebuild", "--from-backups"]] {
                let answer = try await slipway.run(words, environment: away(served))
                #expect(answer.code == 1 && answer.errors.contains("on the installation's own machine"), "\(answer)")
            }
        }
    }

    @Test func `a login is checked, kept for its owner alone, used, and forgotten`() async throws {
        try await ServedSlipway.with(workers: 0) { served in
            var slipway = served.slipway
            slipway.environment["SLIPWAY_DATA"] = nil
            let config = "\(slipway.folder)/config"
            slipway.environment["XDG_CONFIG_HOME"] = config
            let wrong = try await slipway.run("login", served.url, "--token-file", "-", input: "slp_wrong\n")
            #expect(wrong.code == 1 && wrong.errors.contains("The token is unknown") && !FileSystem.exists(config), "\(wrong)")
            let logged = try await slipway.run("login", served.url + "/", "--token-file", "-", input: served.token + "\n")
            #expect(logged.code == 0 && logged.output.contains("token:administrator") && !logged.output.contains(served.token), "\(logged)")
            #expect(FileFacts(of: "\(config)/slipway/login.json").map { $0.mode & 0o777 } == 0o600)
            #expect(try await slipway.json("version")["at"]?.text == served.url)
            #expect(try await slipway.json("org", "list")[0]?["name"]?.text == "default")
            let doctor = try await slipway.json("doctor")
            #expect(doctor.list.count == 1 && doctor[0]?["name"]?.text == "server" && doctor[0]?["verdict"]?.text == "ok")
            // What is said goes before what is kept.
            #expect(try await slipway.json("version", environment: ["SLIPWAY_DATA": served.slipway.data])["works"]?.text == "socket")
            #expect(try await slipway.json("version", "--data", served.slipway.data)["works"]?.text == "here")
            let other = try await slipway.run("jobs", environment: ["SLIPWAY_URL": "http://127.0.0.1:1"])
            #expect(other.code == 2, "another server gets the kept token: \(other)")
            #expect(try await slipway.run("logout").output.contains(served.url))
            #expect(try await slipway.json("version")["works"]?.text == "here")
            #expect(try await slipway.run("logout").code == 0)
        }
    }

    @Test func `a follower goes on where it was when the server was away`() async throws {
        try await Slipway.with { slipway in
            let port = try Loopback.freePort()
            func serve() throws -> SlipwayProcess { try slipway.start("serve", "--listen", "127.0.0.1:\(port)", "--workers", "1") }
            let first = try serve()
            let prefix = "administrator token: "
            let token = String(try await first.line("a token") { $0.hasPrefix(prefix) }.dropFirst(prefix.count))
            try await first.line("the address") { $0.hasPrefix("listening on unix") }
            let source = try slipway.write(Self.slow(8), to: "source/main.tf")
            let there = ["SLIPWAY_URL": "http://127.0.0.1:\(port)", "SLIPWAY_TOKEN": token]
            let deploy = try slipway.start("deploy", source, "--project", "shop", "--auto-approve", "--json", environment: there)
            try await deploy.line("the slow one") { $0.contains("slow begins") }
            // Stopped in good order: its job is handed back, and the next one takes it up.
            first.child.signal(15)
            #expect(try await first.end(within: .seconds(60)) == 0)
            let second = try serve()
            try await second.line("the address") { $0.hasPrefix("listening on unix") }
            _ = try await deploy.end(within: .seconds(120))
            #expect(deploy.errors.contains("waiting for the server"), "\(deploy.errors)")
            let job = try #require(deploy.lines.first.flatMap { JSONTree($0) }?["job"]?.text)
            // Every event once, in order: the same lines as of one who looks afterwards.
            let after = try await slipway.run("status", job, "--follow", "--json", environment: there)
            #expect(after.lines == deploy.lines, "\(after.lines.count) \(deploy.lines.count)")
            second.child.signal(15)
            #expect(try await second.end(within: .seconds(60)) == 0)
        }
    }

    @Test func `Ctrl-C cancels one's own job once, and leaves it twice`() async throws {
        try await ServedSlipway.with { served in
            let (slipway, there) = (served.slipway, away(served))
            let source = try slipway.write(Self.slow(600), to: "source/main.tf")
            let deploy = try slipway.start("deploy", source, "--project", "shop", "--auto-approve", environment: there)
            try await deploy.line("the slow one") { $0.contains("slow begins") }
            let job = try #require(try await slipway.json("jobs", environment: there)[0]?["job"]?.text)
            // Who only watches lets go.
            let watching = try slipway.start("status", job, "--follow", environment: there)
            try await watching.line("the slow one") { $0.contains("slow begins") }
            watching.child.signal(2)
            #expect(try await watching.end(within: .seconds(20)) == 3)
            #expect(try await slipway.json("status", job, environment: there)["status"]?.text == "processing")
            deploy.child.signal(2)
            #expect(try await deploy.end(within: .seconds(60)) == 3)
            #expect(deploy.lines.contains { $0.hasPrefix("cancelled:") }, "\(deploy.lines)")
        }
    }

    @Test func `a source is sent without what .terraformignore leaves out, and so is one that stays here`() async throws {
        try await ServedSlipway.with { served in
            let (slipway, there) = (served.slipway, away(served))
            let source = try slipway.write("output \"names\" { value = sort(fileset(path.module, \"**\")) }\n", to: "source/main.tf")
            for (path, content) in [
                (".terraformignore", "*.iso\nlarge/\n!large/needed.txt\n"), ("disk.iso", "x"), ("sub/disk.iso", "x"), ("sub/kept.txt", "x"),
                ("large/long.txt", "x"), ("large/needed.txt", "x"),
            ] { try slipway.write(content, to: "source/\(path)") }
            #expect(try await slipway.run("deploy", source, "--project", "far", "--auto-approve", environment: there).code == 0)
            #expect(try await slipway.run("deploy", source, "--project", "near", "--auto-approve", "--data", slipway.data).code == 0)
            for project in ["far", "near"] {
                let names = try await slipway.json("outputs", "names", "--project", project).list.compactMap(\.text)
                #expect(names.filter { $0.hasSuffix(".txt") || $0.hasSuffix(".iso") } == ["large/needed.txt", "sub/kept.txt"], "\(names)")
            }
        }
    }
}
