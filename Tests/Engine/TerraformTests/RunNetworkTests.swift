import Domain
import FoundationEssentials
import Host
import TestKit
import Testing

@testable import Terraform

@Suite struct RunNetworkTests {
    private func range(_ text: String) throws -> AddressRange { try #require(AddressRange(text)) }

    /// Whether a packet to the address leaves the router: the longest of all routes decides.
    private func isOpen(_ address: String, _ walls: Walls) throws -> Bool {
        let address = try range(address)
        let closed = walls.closed.filter { $0.contains(address) }.map(\.length).max() ?? -1
        let open = walls.open.filter { $0.contains(address) }.map(\.length).max() ?? (walls.closed.contains { $0.length == 0 } ? -1 : 0)
        #expect(closed != open || closed < 0, "two routes to the same range")
        return open > closed
    }

    @Test(arguments: [
        "10.0.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "169.254.169.254", "169.254.170.2",
        "100.100.100.200", "168.63.129.16", "198.18.0.1", "0.0.0.1", "224.0.0.1", "255.255.255.255", "192.0.0.3", "203.0.113.1",
    ])
    func `what is not outside is closed`(address: String) throws {
        #expect(try !isOpen(address, Walls(allowing: [], own: [range("203.0.113.1")])))
    }

    @Test(arguments: ["203.0.113.2", "8.8.8.8", "172.32.0.0", "100.128.0.0", "11.0.0.0", "192.169.0.0"])
    func `what is outside is open`(address: String) throws {
        #expect(try isOpen(address, Walls(allowing: [], own: [range("203.0.113.1")])))
    }

    @Test func `an allowed range opens what lies in it, but no metadata and no address of this machine`() throws {
        let walls = Walls(
            allowing: [try range("10.0.0.0/7"), try range("169.254.0.0/16"), try range("192.168.4.0/24")],
            own: [try range("10.1.1.1")]
        )
        for address in ["10.9.9.9", "11.0.0.1", "169.254.3.3", "192.168.4.9"] { #expect(try isOpen(address, walls), "\(address)") }
        for address in ["10.1.1.1", "169.254.169.254", "169.254.170.2", "192.168.5.1"] {
            #expect(try !isOpen(address, walls), "\(address)")
        }
    }

    @Test func `an address that is allowed by itself is open, whatever it is`() throws {
        let allowed = try ["10.1.1.1", "169.254.169.254"].map { try range($0) }
        let walls = Walls(allowing: allowed, own: [try range("10.1.1.1")])
        for address in ["10.1.1.1", "169.254.169.254"] { #expect(try isOpen(address, walls)) }
    }

    @Test func `even when everything is allowed, loopback and the run's own link are not`() throws {
        let walls = Walls(allowing: [try range("0.0.0.0/0"), try range("127.0.0.1")], own: [])
        #expect(try isOpen("10.0.0.1", walls))
        for address in ["127.0.0.1", "192.0.0.2", "192.0.0.3", "169.254.169.254", "224.0.0.1"] { #expect(try !isOpen(address, walls)) }
    }

    @Test func `the name server is the network's, and the rest of the machine's settings stay`() {
        let settings = RouterScript.resolverSettings("# comment\nnameserver 127.0.0.53\nsearch example.test\noptions edns0\n")
        #expect(settings == "nameserver 192.0.0.3\nsearch example.test\noptions edns0\n")
    }

    @Test(.requires(.bubblewrap), .requires(.terraform))
    func `without slirp4netns a run fails where somebody insists, and says which package to install`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        for program in ["bwrap", "nsenter", "unshare", "ip"] {
            let path = try #require(Executable.find(program, path: "\(Bench.path):/usr/sbin:/sbin"))
            try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/\(program)", withDestinationPath: path)
        }
        for mode in [Sandbox.Mode.preferred, .required] {
            let runner = TerraformRunner(
                program: try await TerraformProgram.locate(environment: ["PATH": Bench.path]),
                sandbox: try await Sandbox.establish(mode, environment: ["PATH": folder.path]),
                providers: try ProviderStore(folder: "\(folder.path)/providers")
            )
            let wished = await #expect(throws: TerraformError.self) { try await runner.openNetwork(.filtered, isWished: true) }
            #expect(wished?.description.contains("install the package slirp4netns") == true)
            if mode == .required {
                await #expect(throws: TerraformError.self) { try await runner.openNetwork(.filtered, isWished: false) }
            } else {
                let network = try await runner.openNetwork(.filtered, isWished: false)
                #expect(network.sentence.contains("NOT filtered") && network.sentence.contains("slirp4netns"))
            }
        }
    }

    @Test(arguments: [
        ("dial tcp 10.1.2.3:443: connect: no route to host", true), ("dial tcp 127.0.0.1:4566: connect: connection refused", true),
        ("dial tcp 203.0.113.1:443: connect: connection refused", false), ("AccessDenied", false),
    ])
    func `an error that the network may be the reason of comes with what to know`(error: String, isHinted: Bool) {
        #expect((RunNetwork.nothing.hint(for: error) != nil) == isHinted)
        #expect(RunNetwork.host.hint(for: error) == nil)
    }

    @Test(.requires(.terraform)) func `without the sandbox there are no walls`() async throws {
        try await Bench.with(sandbox: .off) { bench in
            for mode in [NetworkMode.filtered, .none] {
                let error = await #expect(throws: TerraformError.self) { try await bench.runner.openNetwork(mode, isWished: true) }
                #expect(error?.description.contains("it needs the sandbox") == true)
            }
        }
    }
}
