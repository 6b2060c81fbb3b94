import FoundationEssentials
import Host
import TestKit
import Testing

@Suite struct `The commands of access` {
    @Test func `an organization's life: made, licensed, renamed, removed`() async throws {
        try await Slipway.with { slipway in
            #expect(try await slipway.run("org", "add", "acme").code == 0)
            let twice = try await slipway.run("org", "add", "acme")
            #expect(twice.code == 1 && twice.errors.contains("There is an organization 'acme' already"), "\(twice)")
            let licence = try await slipway.json("org", "licence", "acme", "--max-runs", "4", "--enable", "auto_provisioning")
            #expect(licence["maxConcurrentRuns"]?.number == 4 && licence["features"]?["auto_provisioning"]?.bool == true)
            #expect(licence["maxServers"] == nil)
            let more = try await slipway.json("org", "licence", "acme", "--max-servers", "2", "--disable", "auto_provisioning")
            #expect(more["maxConcurrentRuns"]?.number == 4 && more["maxServers"]?.number == 2 && more["features"]?.names == [])
            #expect(try await slipway.run("org", "licence", "acme").output.contains("at most 4 at once"))
            #expect(try await slipway.json("org", "rename", "acme", "corp")["name"]?.text == "corp")
            #expect(try await slipway.json("org", "list").list.compactMap { $0["name"]?.text } == ["corp"])
            let unasked = try await slipway.run("org", "remove", "corp")
            #expect(unasked.code == 1 && unasked.errors.contains("--yes"), "\(unasked)")
            #expect(try await slipway.json("org", "remove", "corp", "--yes")["removed"]?.text == "corp")
            #expect(try await slipway.run("org", "list").errors.contains("No organizations"))
            let missing = try await slipway.run("org", "remove", "corp", "--yes")
            #expect(missing.code == 1 && missing.errors.contains("slipway org list"), "\(missing)")
        }
    }

    @Test func `an organization's network is shown, set, refused with a reason, and reset`() async throws {
        try await Slipway.with { slipway in
            #expect(try await slipway.run("org", "add", "acme").code == 0)
            #expect(try await slipway.run("org", "network", "acme").output.contains("as configured for all organizations"))
            let set = try await slipway.json(
                "org",
                "network",
                "acme",
                "--network",
                "filtered",
                "--allow",
                "10.20.0.0/16",
                "--allow",
                "10.1.1.1"
            )
            #expect(
                set["network"]?.text == "filtered" && set["networkAllow"]?.list.map(\.text) == ["10.20.0.0/16", "10.1.1.1/32"],
                "\(set)"
            )
            #expect(try await slipway.json("org", "list").list[0]["network"]?.text == "filtered")
            let refused = try await slipway.run("org", "network", "acme", "--allow", "127.0.0.1")
            #expect(refused.code == 1 && refused.errors.contains("the network 'host'"), "\(refused)")
            #expect(try await slipway.run("org", "network", "acme", "--network", "open").code == 2)
            #expect(try await slipway.json("org", "network", "acme", "--allow-nothing")["networkAllow"]?.list.count == 0)
            #expect(try await slipway.json("org", "network", "acme", "--reset")["network"] == nil)
            let changes = try await slipway.json("audit", "--action", "organization.network_changed").list
            #expect(changes.count == 3, "\(changes)")
            let wrong = try await slipway.run("doctor", environment: ["SLIPWAY_NETWORK": "open"])
            #expect(wrong.code == 2 && wrong.errors.contains("SLIPWAY_NETWORK must be host, filtered or none"), "\(wrong)")
        }
    }

    @Test func `the limits of an organization's runs are shown, set, refused with a reason, and reset`() async throws {
        try await Slipway.with(environment: ["SLIPWAY_RUN_DISK": "512", "SLIPWAY_RUN_PROCESSORS": "2.5"]) { slipway in
            #expect(try await slipway.run("org", "add", "acme").code == 0)
            func rows(_ words: String...) async throws -> [String: [String]] {
                let answer = try await slipway.run(["org", "limits", "acme"] + words)
                #expect(answer.code == 0, "\(answer)")
                let lines = answer.lines.dropFirst().map { $0.split(separator: " ").map(String.init) }
                return Dictionary(lines.map { ($0[0], Array($0.dropFirst())) }) { first, _ in first }
            }
            let first = try await rows()
            let forAll = ["all", "organizations"]
            #expect(first["memory"] == ["4096", "MiB"] + forAll && first["disk"] == ["512", "MiB"] + forAll, "\(first)")
            #expect(first["processors"] == ["2.5"] + forAll && first["files"] == ["16384"] + forAll, "\(first)")
            let set = try await rows("--memory", "256", "--files", "100", "--processors", "0.5")
            #expect(set["memory"] == ["256", "MiB", "acme"] && set["files"] == ["100", "acme"], "\(set)")
            #expect(set["processors"] == ["0.5", "acme"] && set["disk"] == ["512", "MiB"] + forAll, "\(set)")
            let more = try await slipway.json("org", "limits", "acme", "--log", "1")["limits"]
            #expect(more?["logBytes"]?.number == 1_048_576 && more?["memoryBytes"]?.number == 268_435_456)
            #expect(more?["diskBytes"]?.number == 536_870_912)
            #expect(more?["own"]?.list.map(\.text) == ["memoryBytes", "openFiles", "logBytes", "processors"])
            let least = try await slipway.run("org", "limits", "acme", "--memory", "63")
            #expect(least.code == 2 && least.errors.contains("--memory takes a number of MiB from 64 to"), "\(least)")
            for words in [
                ["--processors", "nan"], ["--processors", "0"], ["--log", "9223372036854775807"], ["--files", "-1"],
                ["--reset", "--log", "1"],
            ] {
                #expect(try await slipway.run(["org", "limits", "acme"] + words).code == 2, "\(words)")
            }
            #expect(try await slipway.run("org", "limits", "nobody").code == 1)
            #expect(try await slipway.run("doctor").output.contains("2.5 processors; 1 organization has limits of its own"))
            #expect(try await slipway.json("org", "limits", "acme", "--reset")["limits"]?["own"]?.list.count == 0)
            #expect(try await slipway.json("audit", "--action", "organization.limits_changed").list.count == 3)
            let settings = [
                ("MEMORY", "63"), ("PROCESSORS", "0.05"), ("PROCESSORS", "inf"), ("FILES", "1e3"), ("LOG", "9223372036854775807"),
            ]
            for (name, value) in settings {
                let wrong = try await slipway.run("doctor", environment: ["SLIPWAY_RUN_\(name)": value])
                #expect(wrong.code == 2 && wrong.errors.contains("SLIPWAY_RUN_\(name) must be a"), "\(wrong)")
            }
        }
    }

    @Test func `people get passwords that are made up or read, places, and lose them`() async throws {
        try await Slipway.with { slipway in
            let made = try await slipway.json("user", "add", "Bob", "--generate")
            #expect(made["user"]?.text == "bob" && made["password"]?.text?.count == 20)
            let short = try await slipway.run("user", "add", "eve", "--password-file", "-", input: "short\n")
            #expect(short.code == 1 && short.errors.contains("at least 12 characters"), "\(short)")
            let read = try await slipway.run("user", "add", "eve", "--password-file", "-", input: "long enough, surely\nrest")
            #expect(read.code == 0 && !read.output.contains("long enough"), "\(read)")
            #expect(try await slipway.run("user", "password", "eve").code == 2)
            #expect(try await slipway.json("user", "password", "eve", "--generate")["password"]?.text?.count == 20)
            #expect(try await slipway.run("org", "add", "acme").code == 0)
            #expect(try await slipway.json("user", "grant", "bob", "--role", "admin", "--org", "acme")["role"]?.text == "admin")
            #expect(try await slipway.run("user", "grant", "bob", "--role", "king", "--org", "acme").code == 2)
            #expect(try await slipway.run("user", "grant", "bob", "--role", "admin", "--org", "nowhere").code == 1)
            #expect(try await slipway.run("user", "disable", "eve").code == 0)
            let list = try await slipway.json("user", "list")
            #expect(list.list.compactMap { $0["name"]?.text } == ["bob", "eve"])
            #expect(list[0]?["memberships"]?[0]?["organization"]?.text == "acme" && list[1]?["disabledAt"]?.text != nil)
            let shown = try await slipway.run("user", "list")
            #expect(shown.output.contains("acme:admin") && shown.output.contains("disabled"), "\(shown)")
            #expect(try await slipway.run("user", "enable", "eve").code == 0)
            #expect(try await slipway.run("user", "revoke", "bob", "--org", "acme").code == 0)
            #expect(try await slipway.run("user", "revoke", "bob", "--org", "acme").code == 1)
            #expect(try FileSystem.read("\(slipway.data)/slipway.sqlite").count > 0)
        }
    }

    @Test func `a token is printed once, listed without its text, and revoked; all of it is in the audit log`() async throws {
        try await Slipway.with { slipway in
            #expect(try await slipway.run("org", "add", "acme").code == 0)
            let made = try await slipway.run(
                "token",
                "add",
                "ci",
                "--org",
                "acme",
                "--role",
                "admin",
                "--permission",
                "stateWrite",
                "--expires",
                "90d"
            )
            let text = try #require(made.lines.first)
            #expect(made.lines.count == 1 && text.wholeMatch(of: /slp_[A-Za-z0-9]{40}/) != nil, "\(made)")
            #expect(try await slipway.json("token", "add", "root", "--administrator")["token"]?.text?.hasPrefix("slp_") == true)
            let wrong = try await slipway.run("token", "add", "ci", "--org", "acme", "--role", "viewer", "--permission", "deploy")
            #expect(wrong.code == 1 && wrong.errors.contains("'deploy'"), "\(wrong)")
            let list = try await slipway.json("token", "list", "--org", "acme")
            #expect(list.list.count == 1 && list[0]?["permissions"]?[0]?.text == "stateWrite" && list[0]?["expiresAt"]?.text != nil)
            #expect(list[0]?["token"] == nil && list[0]?["createdBy"]?.text?.hasPrefix("anna@") == true)
            let shown = try await slipway.run("token", "list")
            #expect(
                shown.output.contains("administrator") && shown.output.contains(text.prefix(8)) && !shown.output.contains(text),
                "\(shown)"
            )
            let id = try #require(list[0]?["id"]?.number)
            #expect(try await slipway.json("token", "revoke", String(Int(id)))["revokedAt"]?.text != nil)
            #expect(try await slipway.json("token", "list", "--org", "acme").list.isEmpty)
            #expect(try await slipway.json("token", "list", "--org", "acme", "--all").list.count == 1)
            #expect(try await slipway.run("token", "revoke", "999").code == 1)

            let audit = try await slipway.json("audit", "--action", "token.")
            #expect(audit.list.compactMap { $0["action"]?.text } == ["token.revoked", "token.created", "token.created"])
            #expect(audit.list.allSatisfy { $0["actor"]?.text?.hasPrefix("anna@") == true && $0["result"]?.text == "ok" })
            #expect(audit[0]?["details"]?["name"]?.text == "ci")
            #expect(try await slipway.json("audit", "--action", "token.", "--org", "acme").list.count == 2)
            #expect(try await slipway.json("audit", "--limit", "1", "--before", String(Int(id))).list.count <= 1)
            #expect(try await slipway.run("audit").output.contains("organization.created"))
            // Nothing of the data folder holds the token.
            for name in try FileSystem.names(in: slipway.data) where !name.hasSuffix("-bells") {
                guard let bytes = try? FileSystem.read("\(slipway.data)/\(name)") else { continue }  // a folder
                #expect(!String(decoding: bytes, as: UTF8.self).contains(text), "\(name)")
            }
        }
    }
}
