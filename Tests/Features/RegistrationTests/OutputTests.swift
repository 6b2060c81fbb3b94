import Events
import Testing

@testable import Registration

/// Which machines are found in outputs.
@Suite struct OutputTests {
    /// Outputs by name, each a JSON text.
    private func read(_ outputs: [String: String], sensitive: Set<String> = []) throws -> FoundServers {
        try OutputReader.read(
            Dictionary(
                uniqueKeysWithValues: outputs.map {
                    ($0.key, OutputValue(type: "\"string\"", value: $0.value, sensitive: sensitive.contains($0.key)))
                }
            )
        )
    }

    private func refusal(_ outputs: [String: String]) -> String {
        do {
            let found = try read(outputs)
            return "found \(found.servers)"
        } catch let error as RegistrationError {
            return error.description
        } catch {
            return "\(error)"
        }
    }

    // MARK: - Names

    @Test(arguments: [
        "server_ip", "instance_ip", "public_ip", "public_ipv4", "ipv4_address", "ip_address", "server_ips", "instance_ips", "public_ips",
        "ipv4_addresses", "ip_addresses", "public_ip_address", "server_public_ip", "external_ip", "nat_ip", "elastic_ip", "floating_ip",
        "droplet_ip", "vm_ip", "ssh_host", "public_dns", "server-ip", "Server_IP", "private_ip", "web_public_ip", "app_server_ip",
    ])
    func `an address is found under every common name`(name: String) throws {
        #expect(try read([name: "\"203.0.113.7\""]).servers.map(\.address) == ["203.0.113.7"])
        #expect(try read([name: "[\"203.0.113.7\",\"203.0.113.8\"]"]).servers.map(\.address) == ["203.0.113.7", "203.0.113.8"])
        #expect(try read([name: #"{"a":"203.0.113.7"}"#]).servers.map(\.address) == ["203.0.113.7"])
    }

    @Test func `the facts beside an address are taken`() throws {
        let found = try read([
            "server_ip": "\"203.0.113.7\"", "instance_id": "\"i-0abc\"", "hostname": "\"web-1.example.org\"", "private_ip": "\"10.0.0.5\"",
            "ssh_user": "\"debian\"", "ssh_port": "2222", "region": "\"eu-west-1\"", "provider": "\"AWS\"", "server_name": "\"web\"",
            "ssh_host_key": "\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZ1YmFyRnViYXJGdWJhckZ1YmFyRnViYXJGdWJhckZ1 root@web\"",
        ]).servers
        let server = try #require(found.first)
        #expect(found.count == 1)
        #expect(server.instanceID == "i-0abc" && server.hostname == "web-1.example.org" && server.privateIP == "10.0.0.5")
        #expect(server.user == "debian" && server.port == 2222 && server.region == "eu-west-1" && server.provider == "aws")
        #expect(server.name == "web" && server.place == "203.0.113.7:2222")
        #expect(server.hostKeys == ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZ1YmFyRnViYXJGdWJhckZ1YmFyRnViYXJGdWJhckZ1"])
    }

    @Test(arguments: ["instance_id", "server_id", "resource_id", "droplet_id", "vm_id"])
    func `an id is found under every common name, also as a number`(name: String) throws {
        #expect(try read(["server_ip": "\"203.0.113.7\"", name: "\"i-1\""]).servers[0].instanceID == "i-1")
        #expect(try read(["server_ip": "\"203.0.113.7\"", name: "123456789"]).servers[0].instanceID == "123456789")
    }

    // MARK: - Several

    @Test func `lists go together by their order`() throws {
        let found = try read([
            "server_ips": #"["203.0.113.7","203.0.113.8","203.0.113.9"]"#, "instance_ids": #"["i-1","i-2","i-3"]"#,
            "ssh_ports": "[22,2201,2202]", "ssh_user": "\"root\"", "region": "\"fsn1\"",
            "ssh_host_keys": """
            ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1","ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAA2",\
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3"]
            """,
        ]).servers
        #expect(found.map(\.instanceID) == ["i-1", "i-2", "i-3"])
        #expect(found.map(\.port) == [22, 2201, 2202])
        #expect(found.map(\.user) == ["root", "root", "root"] && found.map(\.region) == ["fsn1", "fsn1", "fsn1"])
        #expect(found.map(\.hostKeys.first?.last) == ["1", "2", "3"])
    }

    @Test func `one machine may have several host keys`() throws {
        let keys =
            #"["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1","ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDAAAAAAAAAAAAAAAAA"]"#
        #expect(try read(["server_ip": "\"203.0.113.7\"", "ssh_host_keys": keys]).servers[0].hostKeys.count == 2)
        #expect(try read(["server_ips": "[\"203.0.113.7\"]", "ssh_host_keys": keys]).servers[0].hostKeys.count == 2)
    }

    @Test func `maps go together by their keys`() throws {
        let found = try read([
            "server_ips": #"{"web":"203.0.113.7","db":"203.0.113.8"}"#, "instance_ids": #"{"db":"i-db","web":"i-web"}"#,
            "ssh_ports": #"{"web":2201}"#,
        ]).servers
        let web = try #require(found.first { $0.name == "web" })
        let db = try #require(found.first { $0.name == "db" })
        #expect(web.instanceID == "i-web" && web.port == 2201 && web.address == "203.0.113.7")
        #expect(db.instanceID == "i-db" && db.port == 22)
    }

    @Test func `a map may name machines by address or id`() throws {
        let found = try read([
            "server_ips": #"["203.0.113.7","203.0.113.8"]"#, "instance_ids": #"["i-1","i-2"]"#,
            "hostnames": #"{"203.0.113.8":"two","203.0.113.7":"one"}"#, "private_ips": #"{"i-1":"10.0.0.1"}"#,
        ]).servers
        #expect(found.map(\.hostname) == ["one", "two"])
        #expect(found.map(\.privateIP) == ["10.0.0.1", nil])
    }

    @Test(arguments: ["servers", "instances", "machines", "nodes", "droplets"])
    func `objects hold all facts of a machine`(name: String) throws {
        let list = try read([
            name: #"[{"public_ip":"203.0.113.7","id":"i-1","name":"a","user":"core","port":2200},{"ip":"203.0.113.8","instance_id":7}]"#,
            "ssh_user": "\"root\"",
        ]).servers
        #expect(list.map(\.address) == ["203.0.113.7", "203.0.113.8"])
        #expect(list.map(\.instanceID) == ["i-1", "7"])
        #expect(list.map(\.user) == ["core", "root"] && list.map(\.port) == [2200, 22] && list[0].name == "a")
        let map = try read([name: #"{"web":{"ipv4_address":"203.0.113.7","private_ip":"10.0.0.1"},"db":{"address":"203.0.113.8"}}"#])
            .servers
        #expect(map.map(\.name) == ["web", "db"])
        #expect(map[0].privateIP == "10.0.0.1")
    }

    @Test func `one object is one machine`() throws {
        let found = try read(["server": #"{"ip":"203.0.113.7","id":"i-1"}"#]).servers
        #expect(found.map(\.instanceID) == ["i-1"] && found.count == 1)
    }

    @Test func `prefixes make several machines, but none of load balancers`() throws {
        let found = try read([
            "web_public_ip": "\"203.0.113.7\"", "web_instance_id": "\"i-web\"", "db_public_ip": "\"203.0.113.8\"",
            "lb_public_ip": "\"203.0.113.9\"",
            "nat_gateway_public_ip": "\"203.0.113.10\"", "ssh_user": "\"root\"",
        ]).servers
        #expect(found.map(\.name) == ["db", "web"] && found.map(\.instanceID) == [nil, "i-web"] && found.allSatisfy { $0.user == "root" })
    }

    @Test func `the plural goes before the singular, and nothing is there twice`() throws {
        let found = try read(["server_ip": "\"203.0.113.7\"", "server_ips": #"["203.0.113.7","203.0.113.8","203.0.113.7"]"#]).servers
        #expect(found.map(\.address) == ["203.0.113.7", "203.0.113.8"])
    }

    @Test func `nested lists of modules are flat`() throws {
        #expect(try read(["server_ips": #"[["203.0.113.7"],["203.0.113.8"]]"#]).servers.count == 2)
    }

    @Test(.timeLimit(.minutes(1))) func `more machines than there may be are refused before they are looked at`() throws {
        let list = "[" + (0..<60_000).map { "\"h\($0)\"" }.joined(separator: ",") + "]"
        let sentence = "The outputs name 60000 servers; 1000 are the most for one deployment."
        #expect(refusal(["server_ips": list]) == sentence)
        #expect(
            refusal(["servers": list.replacing("\"h", with: "{\"ip\":\"h").replacing("\",", with: "\"},").replacing("\"]", with: "\"}]")])
                == sentence
        )
        let names = "{" + (0..<100_000).map { "\"h\($0)\":\"n\"" }.joined(separator: ",") + "}"
        let thousand = "[" + (0..<1000).map { "\"h\($0)\"" }.joined(separator: ",") + "]"
        #expect(try read(["server_ips": thousand, "server_names": names]).servers.map(\.name) == [String?](repeating: nil, count: 1000))
        let prefixes = (0..<3000).map { ("p\($0)_public_ip", "\"h\($0)\"") }
        #expect(refusal(Dictionary(uniqueKeysWithValues: prefixes)) == sentence.replacing("60000", with: "1001"))
        #expect(refusal(["other": "\"\(String(repeating: "x", count: 5 << 20))\""]).contains("(it has other)"))
    }

    @Test func `no machines are no mistake where the outputs say so`() throws {
        #expect(try read(["server_ips": "[]"]).servers.isEmpty)
        #expect(try read(["server_ips": "{}"]).servers.isEmpty)
    }

    // MARK: - Ways to write an address

    @Test(arguments: [
        ("203.0.113.7", "203.0.113.7", 22), ("203.0.113.7/32", "203.0.113.7", 22), ("203.0.113.7:2222", "203.0.113.7", 2222),
        ("2001:db8::1", "2001:db8::1", 22), ("[2001:db8::1]:2222", "2001:db8::1", 2222), ("web.example.org", "web.example.org", 22),
        (" 203.0.113.7\n", "203.0.113.7", 22), ("ssh://203.0.113.7", "203.0.113.7", 22),
    ])
    func `an address is read as people write it`(text: String, host: String, port: Int) throws {
        let quoted = "\"\(text.replacing("\n", with: "\\n"))\""
        let server = try #require(try read(["server_ip": quoted]).servers.first)
        #expect(server.address == host && server.port == port)
    }

    @Test(arguments: ["pending deployment", "-oProxyCommand=x", "203.0.113.7;reboot", "a b", "$(x)", "203.0.113.7:99999", "x/y"])
    func `what is no address is refused`(text: String) {
        #expect(refusal(["server_ip": "\"\(text)\""]).contains("server_ip is no address"))
    }

    // MARK: - Refusals

    @Test func `without an address the outputs that are there are named`() {
        let text = refusal(["instance_id": "\"i-abc123\"", "url": "\"https://example.org\""])
        #expect(
            text
                == "Server IP address not found in Terraform outputs: add an output server_ip, or server_ips for several (it has instance_id, url)."
        )
        #expect(refusal([:]).contains("it has no outputs"))
    }

    @Test func `lists of different lengths are refused with both names`() {
        let text = refusal(["server_ips": #"["203.0.113.7","203.0.113.8"]"#, "instance_ids": #"["i-1"]"#])
        #expect(text == "The outputs server_ips and instance_ids have 2 and 1 entries; give each server one of both.")
    }

    @Test(arguments: ["\"-l\"", "\"a b\"", "\"root; x\"", "[]"]) func `a user that can't be one is refused`(value: String) {
        let text = refusal(["server_ip": "\"203.0.113.7\"", "ssh_user": value])
        #expect(text.contains("SSH user") || text.contains("have 1 and 0"), "\(text)")
    }

    @Test(arguments: ["0", "70000", "\"x\"", "22.5"]) func `a port that can't be one is refused`(value: String) {
        #expect(refusal(["server_ip": "\"203.0.113.7\"", "ssh_port": value]).contains("SSH port"))
    }

    @Test func `a host key that is none is refused`() {
        #expect(refusal(["server_ip": "\"203.0.113.7\"", "ssh_host_key": "\"AAAA\""]).contains("host key"))
    }

    // MARK: - Private keys

    @Test func `private keys are found in outputs of any name, and in no description`() throws {
        let key = "-----BEGIN OPENSSH PRIVATE KEY-----\\nc2VjcmV0\\n-----END OPENSSH PRIVATE KEY-----\\n"
        let found = try read(["server_ip": "\"203.0.113.7\"", "bootstrap": "\"\(key)\"", "keys": #"{"a":"x"}"#], sensitive: ["bootstrap"])
        #expect(found.privateKeys.count == 1)
        let text = String(decoding: found.privateKeys[0], as: UTF8.self)
        #expect(text == key.replacing("\\n", with: "\n"))
        #expect(!"\(found)".contains("c2VjcmV0") && !String(reflecting: found.description).contains("c2VjcmV0"))
    }

    @Test func `public keys and certificates are no private keys`() throws {
        let text = #""-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n""#
        #expect(try read(["server_ip": "\"203.0.113.7\"", "ca": text]).privateKeys.isEmpty)
    }
}
