import Events
import FoundationEssentials
import Synchronization

@testable import Provisioning
@testable import Registration
@testable import StateVault
@testable import Terraform

extension FuzzTarget {
    private static let namedOutputs: [String] = [
        #"{"server_ips":["203.0.113.7","203.0.113.8:2222"],"instance_ids":["i-1","i-2"],"ssh_user":"ubuntu","ssh_port":22,"region":"eu"}"#,
        #"{"servers":{"web":{"ip":"203.0.113.7","id":"i-1","port":2222},"db":{"ip":"[2001:db8::1]:22","user":"root"}}}"#,
        #"{"web_public_ip":"203.0.113.7","db_public_ip":"db.example.org","lb_public_ip":"1.2.3.4","names":{"203.0.113.7":"w"}}"#,
        #"{"servers":[{"address":"10.0.0.1","host_key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJ0p0000000000000000000000000000000000000000"}]}"#,
        #"{"key":"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n","public_ip":[["1.2.3.4"],["1.2.3.5"]]}"#,
    ]

    /// Machines in a deployment's outputs.
    static let outputs = FuzzTarget(
        "outputs",
        corpus: namedOutputs.map { Array($0.utf8) } + [
            Array("{\"server_ips\":[\((0..<16_000).map { "\"h\($0)\"" }.joined(separator: ","))]}".utf8),
            Array("{\"ids\":{\((0..<8000).map { "\"h\($0)\":\($0)" }.joined(separator: ","))}}".utf8),
        ],
        words: [
            "\"server_ips\":", "\"servers\":", "\"public_ip\":", "\"ssh_port\":", "\"ip\":", "203.0.113.7", "[::1]:22", "ssh://", "/32",
            "-----BEGIN ", "-----END ", "-----", "PRIVATE KEY-----",
        ]
    ) { input in
        let text = String(decoding: input, as: UTF8.self)
        _ = (OutputJSON.string(text), OutputJSON.compact(text))
        if let (host, port) = OutputFacts.address(text) {
            try Finding.unless(!host.hasPrefix("-") && !host.contains(" ") && (port.map { 1...65535 ~= $0 } ?? true), "no address")
        }
        _ = (OutputFacts.hostKeys(text), OutputFacts.privateKeys(text), OutputFacts.isUser(text))
        var outputs = ["text": OutputValue(type: "\"string\"", value: text, sensitive: false)]
        for member in JSONValue(parsing: input)?.members ?? [] {
            outputs[member.name] = OutputValue(type: "\"string\"", value: member.value.text, sensitive: false)
        }
        guard let found = try await attempt({ try OutputReader.read(outputs) }) else { return }
        try Finding.unless(found.servers.count <= OutputReader.limit, "more servers than there may be")
        try Finding.unless(Set(found.servers.map(\.place)).count == found.servers.count, "a server is found twice")
    }

    /// Keys of `for_each` and `count`, as addresses write them; a key holds anything.
    static let addresses = FuzzTarget(
        "addresses",
        corpus: ["a b", "q\"\\\n${x}%{y}$", "0", "-1", "bi\u{202E}di", "\u{1B}[31m"].map { Array($0.utf8) },
        words: ["\\u", "\\U", "$${", "\"]", "[", "].x["],
        largest: 64 << 10
    ) { input in
        let key = JSONValue.string(String(decoding: input, as: UTF8.self)).text
        for key in [Array(key.utf8), input] {
            var state = Array(#"{"version":4,"serial":1,"lineage":"l","resources":[{"type":"t","name":"n","instances":[{"index_key":"#.utf8)
            state += key + Array("}]}]}".utf8)
            guard let document = try await attempt({ try StateDocument(parsing: state) }) else { continue }
            for resource in document.resources {
                let isPlain = resource.address.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0 != "\u{202E}" }
                try Finding.unless(isPlain, "an address holds what a terminal obeys")
            }
        }
    }

    /// What a server says about itself.
    static let report = FuzzTarget(
        "report",
        corpus: [
            """
            Welcome!
            @time 1769860800.123456789
            @root_disk /dev/vda1 20511312 8032412 11411900 42% /
            @docker_disk /dev/vdb 20511312 8032412 11411900 42% /var/lib/docker
            @memory MemTotal=2030396 MemFree=101234 MemAvailable=1530396
            @cpus 2
            @load 0.10 0.05 0.01 1/120 4242
            @cpu cpu 1000 20 300 40000 50 0 6 0 0 0
            @kernel 6.1.0-18-amd64
            @addresses 10.0.0.4 172.17.0.1
            @network ok
            @docker present
            @docker_server 24.0.7
            @docker_user ubuntu
            @end yes
            """
        ].map { Array($0.utf8) },
        words: [
            "@time ", "@end yes\n", "@memory MemTotal=", "MemAvailable=", "@cpu cpu ", "inf", "nan", "@root_disk a 1 2 3 4 /\n",
            "@docker_server ",
        ]
    ) { input in
        let report = RemoteReport(input)
        let docker = DockerState(report)
        _ = docker.finding(minimum: "20.10", place: "x")
        guard let facts = MachineFacts(report) else { return }
        let health = HealthReport(
            facts,
            docker: nil,
            settings: RegistrationSettings(),
            skew: facts.time.map { $0 - 1_769_860_800 },
            place: "x",
            at: Date(timeIntervalSince1970: 0)
        )
        try Finding.unless(HealthReport.decoded(try health.encoded()) != nil, "a report can't be read again")
    }
}
