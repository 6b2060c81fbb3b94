import Host
import TestKit
import Testing

/// `slipway local-cloud` of a user without root's rights, whom root makes for the test.
@Suite(
    .requires(.sshd),
    .requires(.terraform),
    .requires(.bubblewrap),
    .requires(.setpriv),
    .requires(.docker),
    .enabled("only root can make users, and the kernel must let them set processes apart") { TestUser.isPossible && TestUser.maySetApart }
)
struct LocalCloudUserTests {
    private static let example =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/Examples/local-servers"

    @Test func `machines become ready servers with this machine's Docker, and are destroyed`() async throws {
        let docker = try await ThrowawayDocker()
        do {
            try await TestUser.with { user in
                user.give(docker.socket)
                try await Slipway.with { slipway in try await registered(slipway, user, docker) }
            }
        } catch {
            // The test's own error matters more.
            try? await docker.end()
            throw error
        }
        try await docker.end()
    }

    private func registered(_ slipway: Slipway, _ user: TestUser, _ docker: ThrowawayDocker) async throws {
        let environment = ["DOCKER_HOST": "unix://\(docker.socket)"]
        let words = ["local-cloud", "--json", "--listen", "127.0.0.1:0", "--docker", "shared"]
        let cloud = try slipway.start(words, as: user, environment: environment)
        let line = try await cloud.line("its address") { $0.contains("\"listening\"") }
        #expect(JSONTree(line)?["network"]?.text == "loopback" && JSONTree(line)?["user"]?.text == "tester", "\(line)")
        let variables = ["TF_VAR_local_cloud": try #require(JSONTree(line)?["local_cloud"]?.text)]
        #expect(try await slipway.run("server", "settings", "--disk", "0", "--memory", "0").code == 0)
        let deploy = try await slipway.run(
            ["deploy", Self.example, "--project", "local", "--auto-approve", "--auto-register", "--var", "servers=2"],
            environment: variables
        )
        #expect(deploy.code == 0 && deploy.output.contains("All 2 servers are ready."), "\(deploy)")
        let servers = try await slipway.json("server", "list").list
        #expect(servers.map { $0["status"]?.text } == ["ready", "ready"], "\(servers)")
        let shell = try await slipway.run("server", "ssh", "server-1", "--", "id", "-un")
        #expect(shell.output == "tester\n", "\(shell)")
        #expect(try await slipway.run(["destroy", "--project", "local", "--auto-approve"], environment: variables).code == 0)
        cloud.child.signal(15)
        #expect(try await cloud.end(within: .seconds(60)) == 0, "\(cloud.errors)")
    }

    @Test func `a daemon that doesn't answer, and one for each machine, are refused with what to do`() async throws {
        try await TestUser.with { user in
            try await Slipway.with { slipway in
                let environment = ["DOCKER_HOST": "unix://\(user.home)/none.sock"]
                for (mode, words) in [("shared", ["can't be used (", "sudo usermod -aG docker tester"]), ("each", ["--docker shared"])] {
                    let cloud = try slipway.start(["local-cloud", "--docker", mode], as: user, environment: environment)
                    #expect(try await cloud.end(within: .seconds(60)) == 1)
                    for word in words { #expect(cloud.errors.contains(word), "\(cloud.errors)") }
                }
            }
        }
    }
}
