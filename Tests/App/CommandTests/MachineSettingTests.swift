import FoundationEssentials
import Host
import TestKit
import Testing

@testable import slipway

/// What `slipway local-cloud` needs, where it isn't there.
struct MachineSettingTests {
    /// The setting on a machine that has only these programs.
    private func setting(_ programs: [String], docker: MachineSetting.Docker = .none) throws -> MachineSetting {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        for program in programs {
            try "#!/bin/sh\n".write(toFile: "\(folder.path)/\(program)", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder.path)/\(program)")
        }
        return try MachineSetting(environment: ["PATH": folder.path], loopback: false, docker: docker, servers: "")
    }

    private func fault(_ programs: [String], docker: MachineSetting.Docker = .none) -> String {
        let error = #expect(throws: CommandError.self) { try setting(programs, docker: docker) }
        return error.map { "\($0)" } ?? ""
    }

    private let all = ["sshd", "sh", "setpriv", "unshare", "ip", "bwrap", "docker", "dockerd"]

    @Test func `sshd is missing`() {
        let error = fault(all.filter { $0 != "sshd" })
        #expect(error.contains("The program sshd is missing, which the machines are made of: install the package openssh-server."))
    }

    @Test func `another program is missing`() {
        let needed = CurrentUser.id == 0 ? ["sh", "setpriv", "unshare", "ip"] : ["sh", "bwrap"]
        for program in needed {
            #expect(fault(all.filter { $0 != program }).contains("The program \(program) is missing"), "\(program)")
        }
    }

    @Test func `Docker is missing where it is asked for`() {
        let (program, mode) = CurrentUser.id == 0 ? ("dockerd", MachineSetting.Docker.each) : ("docker", .shared)
        let error = fault(all.filter { $0 != program }, docker: mode)
        #expect(error.contains("The program \(program) is missing, which --docker needs: install the package docker.io."), "\(error)")
    }

    @Test(arguments: MachineSetting.Docker.allCases) func `with all of them there is a sentence about it`(
        docker: MachineSetting.Docker
    ) throws {
        guard docker != .each || CurrentUser.id == 0 else { return }
        #expect(try setting(all, docker: docker).sentence.hasPrefix("Each machine has"))
    }
}
