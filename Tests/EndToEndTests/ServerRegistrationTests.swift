import FoundationEssentials
import Host
import TestKit
import Testing

/// From a deploy to servers, with the built program, real Terraform and real sshd.
@Suite(.requires(.terraform), .requires(.sshd)) struct ServerRegistrationTests {
    /// A configuration that makes nothing and names machines.
    private func source(_ slipway: Slipway, _ machines: [TestMachine]) throws -> String {
        try slipway.write(
            """
            variable "slipway_ssh_public_key" { type = string }
            resource "terraform_data" "web" { input = var.slipway_ssh_public_key }
            output "server_ips" { value = [\(machines.map { _ in "\"127.0.0.1\"" }.joined(separator: ", "))] }
            output "ssh_ports" { value = [\(machines.map { "\($0.server.port)" }.joined(separator: ", "))] }
            output "ssh_host_keys" { value = [\(machines.map { "\"\($0.hostKey)\"" }.joined(separator: ", "))] }
            output "instance_ids" { value = [\(machines.indices.map { "\"i-\($0)\"" }.joined(separator: ", "))] }
            output "ssh_user" { value = "\(ThrowawaySSHServer.currentUser())" }
            output "provider" { value = "local" }
            output "key" { value = var.slipway_ssh_public_key }
            """,
            to: "servers/main.tf"
        )
    }

    private func prepare(_ slipway: Slipway, _ machine: TestMachine) async throws {
        let key = try await slipway.run("keys", "ssh")
        #expect(key.code == 0 && key.output.hasPrefix("ssh-ed25519 "), "\(key)")
        try machine.authorize(try #require(key.lines.first))
        #expect(try await slipway.run("server", "settings", "--disk", "0", "--memory", "0").code == 0)
    }

    @Test func `a deploy goes on to ready servers, which can be looked at, renamed, opened, and go with it`() async throws {
        try await Slipway.with { slipway in
            try await TestMachine.with { machine in
                try await prepare(slipway, machine)
                let folder = try source(slipway, [machine])
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
                try await prepare(slipway, machine)
                let deploy = try await slipway.run(
                    "deploy",
                    try source(slipway, [machine]),
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

    @Test(arguments: ["cloud-init", "mkdir", "docker", "nproc"])
    func `a worker that is killed in a stage leaves nothing that the next attempt doesn't finish`(program: String) async throws {
        try await Slipway.with { slipway in
            try await TestMachine.with { machine in
                try await prepare(slipway, machine)
                let folder = try source(slipway, [machine])
                #expect(try await slipway.run("deploy", folder, "--project", "shop", "--auto-approve").code == 0)
                try machine.hold(program)
                let process = try slipway.start("server", "register", "shop", "--sync", "--json")
                try await until("\(program) is called") { machine.isReached }
                let workers = ProcessTable.all().filter { pid in
                    let words = ProcessTable.arguments(pid)
                    return words.contains("worker") && words.contains(slipway.data)
                }
                #expect(workers.count == 1)
                for worker in workers { ProcessHandle(worker)?.signal(9) }
                try machine.release()
                #expect(try await process.end(within: .seconds(180)) == 0, "\(process.lines.suffix(5)) \(process.errors)")
                let list = try await slipway.json("server", "list")
                #expect(list.list.map { $0["status"]?.text } == ["ready"], "\(list)")
                #expect(try machine.authorizedKeys.count == 1)
                #expect(try await slipway.json("audit", "--action", "server.registered").list.count == 1)
                let job = try #require(try await slipway.json("deployments")[0]?["registrationJob"]?.text)
                let attempts = try await slipway.json("status", job)["attempts"]?.list ?? []
                #expect(attempts.map { $0["outcome"]?.text } == ["lost", "completed"], "\(attempts)")
            }
        }
    }
}
