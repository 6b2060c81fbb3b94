import Storage
import TestKit
import Testing

extension Slipway {
    /// A configuration that makes nothing and names machines.
    func source(of machines: [TestMachine]) throws -> String {
        try write(
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

    /// Lets the organization's key into machines, whatever they have of disk and memory.
    func prepare(_ machines: [TestMachine]) async throws {
        let key = try await run("keys", "ssh")
        #expect(key.code == 0 && key.output.hasPrefix("ssh-ed25519 "), "\(key)")
        for machine in machines { try machine.authorize(try #require(key.lines.first)) }
        #expect(try await run("server", "settings", "--disk", "0", "--memory", "0").code == 0)
    }

    /// A job's next attempt begins now, and not in a minute.
    func hurry(_ job: String) async throws {
        let database = try await Database.open(.sqlite(path: "\(data)/slipway.sqlite"))
        do {
            try await until("the retry of \(job)", within: .seconds(60)) {
                try await database.write { transaction in
                    let count = try transaction.execute("UPDATE jobs SET run_at = 0 WHERE id = \(job) AND status = 'retrying'")
                    transaction.notify("jobs")
                    return count == 1
                }
            }
            await database.close()
        } catch {
            await database.close()
            throw error
        }
    }
}
