import FoundationEssentials
import Host
import TestKit
import Testing

/// From a deploy to servers, with the built program, real Terraform and real sshd.
@Suite(.requires(.terraform), .requires(.sshd)) struct ServerRegistrationTests {
    @Test func `a deploy goes on to ready servers, which can be looked at, renamed, opened, and go with it`() async throws {
        try await Slipway.with { slipway in
            try await TestMachine.with { machine in
                try await slipway.prepare([machine])
                let folder = try slipway.source(of: [machine])
                let deploy = try await slipway.run("deploy", folder, "--project", "shop", "--auto-approve", "--auto-register")
                #expect(
                    deploy.code == 0 && deploy.output.contains("shop: ready after") && deploy.output.contains("The server shop is ready."),
                    "\(deploy)"
                )
                let list = try await slipway.json("server", "list")
                #expect(list.list.count == 1 && list[0]?["status"]?.text == "ready" && list[0]?["provider"]?.text == "local", "\(list)")
                #expect(list[0]?["dockerVersion"]?.text == "24.0.7" && list[0]?["health"]?["status"]?.text == "healthy")
                #expect(try await slipway.json("outputs", "key", "--project", "shop").text == machine.authorizedKeys.first)
                #expect(try await slipway.json("deployments")[0]?["registrationStatus"]?.text == "completed")
                #expect(try await slipway.run("server", "rename", "shop", "web-1").code == 0)
                let shown = try await slipway.run("server", "show", "web-1")
                #expect(shown.output.contains("docker      24.0.7") && shown.output.contains(machine.hostKey), "\(shown)")
                let check = try await slipway.run("server", "check", "web-1")
                #expect(check.code == 0, "\(check)")
                let shell = try await slipway.run("server", "ssh", "web-1", "--", "echo", "in", "$HOME")
                #expect(shell.output == "in \(machine.home)\n", "\(shell)")
                let again = try await slipway.run("server", "register", "shop", "--sync", "--json")
                #expect(
                    again.code == 0 && again.lines.contains { $0.contains("\"type\":\"server\"") && $0.contains("\"phase\":\"ready\"") },
                    "\(again)"
                )
                #expect(try await slipway.json("server", "list").list.map { $0["name"]?.text } == ["web-1"])
                let destroy = try await slipway.run("destroy", "--project", "shop", "--auto-approve")
                #expect(destroy.code == 0, "\(destroy)")
                #expect(try await slipway.json("server", "list").list.isEmpty)
                let removed = try await slipway.json("audit", "--action", "server.removed")
                #expect(removed.list.count == 1 && removed[0]?["details"]?["reason"]?.text == "the deployment was destroyed", "\(removed)")
            }
        }
    }

    @Test func `a server that isn't ready fails the command and not the deployment`() async throws {
        try await Slipway.with { slipway in
            try await TestMachine.with(docker: .stopped) { machine in
                try await slipway.prepare([machine])
                let deploy = try await slipway.run(
                    "deploy",
                    try slipway.source(of: [machine]),
                    "--project",
                    "shop",
                    "--auto-approve",
                    "--auto-register"
                )
                #expect(deploy.code == 1 && deploy.output.contains("its daemon doesn't answer"), "\(deploy)")
                let deployment = try await slipway.json("deployments")[0]
                #expect(deployment?["status"]?.text == "completed" && deployment?["registrationStatus"]?.text == "failed")
                let list = try await slipway.run("server", "list")
                #expect(list.output.contains("error") && list.output.contains("Docker is installed"), "\(list)")
                // Mended there, the next look makes it ready, and the registration complete.
                try machine.program("docker", "case $1 in version) echo 25.0.1;; info) echo /;; *) echo 'Docker version 25.0.1';; esac")
                #expect(try await slipway.run("server", "check", "shop").code == 0)
                #expect(try await slipway.json("deployments")[0]?["registrationStatus"]?.text == "completed")
            }
        }
    }
}
