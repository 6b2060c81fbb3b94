import Host
import Remote
import Sealing
import TestKit
import Testing

/// `slipway local-cloud` and the example for it, as people use them: addresses of their own for root, ports otherwise.
@Suite(.requires(.sshd), .requires(.terraform), .requires(.bubblewrap)) struct LocalCloudTests {
    private static let example =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/Examples/local-servers"

    /// A running local cloud, what Terraform is to know of it, and a key that its machines let in.
    private struct Running: Sendable {
        let process: SlipwayProcess
        let environment: [String: String]
        let key: SSHPrivateKey

        init(_ slipway: Slipway, _ options: [String] = [], port: Int = 0) async throws {
            let process = try slipway.start(["local-cloud", "--json", "--listen", "127.0.0.1:\(port)"] + options)
            let line = try await process.line("its address") { $0.contains("\"listening\"") }
            let pair = try SSHKeyPair.generate(comment: "test")
            key = try SSHPrivateKey(pair.privateKey)
            self.process = process
            environment = [
                "TF_VAR_local_cloud": try #require(JSONTree(line)?["local_cloud"]?.text), "TF_VAR_slipway_ssh_public_key": pair.publicKey,
            ]
        }

        /// Logs in to every machine that the outputs name.
        func logIn(_ slipway: Slipway) async throws -> [SSHConnection] {
            let outputs = try await slipway.json("outputs", "--project", "local")
            func value(_ name: String) -> JSONTree? { outputs[name]?["value"] ?? outputs["outputs"]?[name]?["value"] }
            let user = try #require(value("ssh_user")?.text, "\(outputs)")
            var connections: [SSHConnection] = []
            for (index, ip) in (value("server_ips")?.list ?? []).enumerated() {
                let port = try #require(value("ssh_ports")?[index]?.number)
                let hostKey = try SSHHostKey(text: try #require(value("ssh_host_keys")?[index]?.text))
                var options = SSHOptions()
                options.connectTimeout = .seconds(60)
                options.authenticationTimeout = .seconds(60)
                connections.append(
                    try await SSHConnection.open(
                        to: SSHAddress(host: try #require(ip.text), port: Int(port)),
                        user: user,
                        keys: [key],
                        hostKey: .pinned([hostKey]),
                        options: options
                    )
                )
            }
            return connections
        }

        func end() async throws {
            process.child.signal(15)
            #expect(try await process.end(within: .seconds(60)) == 0, "\(process.errors)")
        }
    }

    private func deploy(_ slipway: Slipway, _ cloud: Running, servers: Int) async throws {
        let answer = try await slipway.run(
            ["deploy", Self.example, "--project", "local", "--auto-approve", "--var", "servers=\(servers)"],
            environment: cloud.environment
        )
        #expect(answer.code == 0, "\(answer)")
    }

    @Test(arguments: [["--loopback"], []]) func `ten machines are deployed, let in whom they should, and are destroyed`(
        options: [String]
    ) async throws {
        try await Slipway.with { slipway in
            let cloud = try await Running(slipway, options)
            try await deploy(slipway, cloud, servers: 10)
            let connections = try await cloud.logIn(slipway)
            #expect(connections.count == 10)
            for (index, connection) in connections.enumerated() {
                let answer = try await connection.run("hostname; ls -A ~; echo mine > ~/probe", timeout: .seconds(60))
                // Only root gives machines a name; each has a home of its own, with nothing but the key in it.
                if CurrentUser.id == 0 { #expect(answer.text == "server-\(index + 1)\n.ssh") }
            }
            // Nothing changes by itself, and a machine that has ended is told.
            let again = try await slipway.run(
                ["deploy", Self.example, "--project", "local", "--auto-approve", "--var", "servers=10"],
                environment: cloud.environment
            )
            #expect(again.code == 0 && again.output.contains("No changes") == true, "\(again)")
            try await deploy(slipway, cloud, servers: 9)
            await #expect(throws: SSHError.self) { try await connections[9].run("true", timeout: .seconds(60)) }
            let destroyed = try await slipway.run("destroy", "--project", "local", "--auto-approve")
            #expect(destroyed.code == 0, "\(destroyed)")
            for connection in connections {
                await #expect(throws: SSHError.self) { try await connection.run("true", timeout: .seconds(60)) }
                await connection.close()
            }
            #expect(cloud.process.lines.filter { $0.contains("\"type\":\"ended\"") }.count == 10)
            try await cloud.end()
        }
    }

    @Test func `machines end with the service, also when it is killed, and its next start finds nothing in the way`() async throws {
        try await Slipway.with { slipway in
            let cloud = try await Running(slipway)
            try await deploy(slipway, cloud, servers: 2)
            let connections = try await cloud.logIn(slipway)
            let second = try await slipway.run("local-cloud", "--listen", "127.0.0.1:0")
            #expect(second.code == 1 && second.errors.contains("Another local cloud runs with this data folder"), "\(second)")
            cloud.process.child.signal(9)
            for connection in connections {
                // It may take the kernel a moment.
                try await within(.seconds(60), "the machine's end") {
                    while await (try? connection.run("true", timeout: .seconds(5))) != nil { try await Task.sleep(for: .milliseconds(20)) }
                }
                await connection.close()
            }
            let next = try await Running(slipway)
            #expect(try FileSystem.names(in: "\(slipway.data)/local-cloud/machines") == [])
            try await next.end()
            #expect(!FileSystem.exists("\(slipway.data)/local-cloud/machines"))
        }
    }

    @Test func `a destroy while the service is off loses nothing, says why, and goes through once it runs`() async throws {
        try await Slipway.with { slipway in
            let port = try Loopback.freePort()
            let cloud = try await Running(slipway, port: port)
            try await deploy(slipway, cloud, servers: 2)
            try await cloud.end()
            let words = ["destroy", "--project", "local", "--auto-approve", "--json"]
            let destroy = try slipway.start(words, environment: cloud.environment)
            let said = try await destroy.line("the error") { $0.contains("\"severity\":\"error\"") }
            let advice = try #require(JSONTree(said)?["data"]?["advice"]?.text, "\(said)")
            #expect(advice.hasPrefix("Nobody listens at 127.0.0.1:\(port) on this machine"), "\(advice)")
            _ = try await destroy.line("the end of the attempt") { $0.contains("\"status\":\"retrying\"") }
            let state = try await slipway.json("state", "pull", "--project", "local").stateResources
            #expect(state.keys.filter { $0.hasPrefix("terraform_data.machine") }.count == 2, "\(state)")
            let next = try await Running(slipway, port: port)
            try await slipway.hurry(try #require(JSONTree(said)?["job"]?.text))
            #expect(try await destroy.end(within: .seconds(120)) == 0, "\(destroy.lines.suffix(5)) \(destroy.errors)")
            #expect(try await slipway.json("deployments")[0]?["status"]?.text == "destroyed")
            // Where the cloud isn't named it isn't asked, either: its machines have ended with it.
            try await deploy(slipway, next, servers: 2)
            try await next.end()
            let unasked = try await slipway.run(words)
            #expect(unasked.code == 0 && unasked.output.contains("Nobody answers at 127.0.0.1:\(port)"), "\(unasked)")
        }
    }

    @Test func `a template without the service, a key or the token hears what is wrong`() async throws {
        try await Slipway.with { slipway in
            let cloud = try await Running(slipway)
            let url = try #require(cloud.environment["TF_VAR_local_cloud"])
            func failure(_ environment: [String: String], _ more: String...) async throws -> String {
                let answer = try await slipway.run(
                    ["deploy", Self.example, "--project", "local", "--auto-approve"] + more,
                    environment: environment
                )
                #expect(answer.code != 0, "\(answer)")
                return answer.output + answer.errors
            }
            #expect(try await failure([:]).contains("Start `slipway local-cloud`"))
            #expect(try await failure(["TF_VAR_local_cloud": "nowhere"]).contains("Start `slipway local-cloud`"))
            let free = try Loopback.freePort()
            #expect(
                try await failure(["TF_VAR_local_cloud": "http://abc@127.0.0.1:\(free)"]).contains("Nobody answers at 127.0.0.1:\(free)")
            )
            // Slipway fills the organization's key in by itself.
            #expect(
                try await failure(["TF_VAR_local_cloud": url], "--var", "slipway_ssh_public_key=").contains("ssh_public_key is missing")
            )
            let place = url.split(separator: "@").last ?? ""
            let wrong = ["TF_VAR_local_cloud": "http://abc@\(place)", "TF_VAR_slipway_ssh_public_key": "ssh-ed25519 AAAA"]
            #expect(try await failure(wrong).contains("the token is missing or wrong"))
            _ = try await slipway.run("destroy", "--project", "local", "--auto-approve", environment: cloud.environment)
            try await cloud.end()
        }
    }

    @Test(.requires(.docker), .enabled("only root can start Docker") { CurrentUser.id == 0 }, arguments: ["each", "shared"])
    func `machines with Docker answer it`(mode: String) async throws {
        try await Slipway.with { slipway in
            let cloud = try await Running(slipway, ["--docker", mode])
            try await deploy(slipway, cloud, servers: 1)
            for connection in try await cloud.logIn(slipway) {
                let answer = try await connection.run(
                    "docker version --format '{{.Server.Version}}' && docker ps -q",
                    timeout: .seconds(120)
                )
                #expect(answer.succeeded && answer.text.contains("."), "\(answer.text) \(answer.errorText)")
                await connection.close()
            }
            try await cloud.end()
        }
    }
}
