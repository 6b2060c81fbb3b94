import StateVault
import Testing

@Suite struct `A state document` {
    private func parse(_ text: String) throws -> StateDocument { try StateDocument(parsing: Array(text.utf8)) }

    private func head(_ rest: String) -> String {
        #"{"version":4,"serial":7,"lineage":"l-1","terraform_version":"1.11.4""# + rest + "}"
    }

    @Test func `A key that can't be printed stands in an address as Terraform writes it`() throws {
        let keys = [#"x\u001b[31my"#, "bi\u{202E}di", "c1\u{9B}2J", "nb\u{A0}sp", "zw\u{200B}x", "é✓日本", #"\u007f"#, "\u{E0001}"]
        let instances = keys.map { "{\"index_key\": \"\($0)\"}" }.joined(separator: ",")
        let document = try parse(head(#", "resources": [{"mode":"managed","type":"t","name":"n","instances":[\#(instances)]}]"#))
        // As `terraform state list` of 1.11.4 prints them.
        #expect(
            document.resources.map(\.address) == [
                #"t.n["x\u001b[31my"]"#, #"t.n["bi\u202edi"]"#, #"t.n["c1\u009b2J"]"#, #"t.n["nb\u00a0sp"]"#, #"t.n["zw\u200bx"]"#,
                #"t.n["é✓日本"]"#, #"t.n["\u007f"]"#, #"t.n["\U000e0001"]"#,
            ]
        )
    }

    @Test func `Tells what Terraform wrote`() throws {
        let document = try parse(
            head(
                #"""
                , "outputs": {
                    "ip": {"value": "1.2.3.4", "type": "string"},
                    "all": {"value": {"a": [1, -2.5e3, null]}, "type": ["object", {"a": ["list", "number"]}], "sensitive": true}
                },
                "resources": [
                    {"mode": "managed", "type": "aws_instance", "name": "web", "provider": "p",
                     "instances": [{"index_key": 0, "attributes": {"x": "}]\"{["}}, {"status": "tainted", "index_key": 1}]},
                    {"module": "module.a[\"x\"]", "mode": "data", "type": "aws_ami", "name": "ubuntu", "instances": [{}]},
                    {"instances": [{"index_key": "a b"}, {"index_key": "q\"\\\n${x}%{y}$"}, {"deposed": "abcd1234"}],
                     "name": "late", "type": "t_r", "mode": "managed", "module": "module.m.module.n[0]", "each": "map"},
                    {"mode": "managed", "type": "t_r", "name": "gone", "instances": []}
                ], "check_results": null
                """#
            )
        )
        #expect(document.serial == 7 && document.lineage == "l-1" && document.terraformVersion == "1.11.4")
        #expect(
            document.resources.map(\.address) == [
                "aws_instance.web[0]", "aws_instance.web[1]", #"module.a["x"].data.aws_ami.ubuntu"#,
                #"module.m.module.n[0].t_r.late["a b"]"#, #"module.m.module.n[0].t_r.late["q\"\\\n$${x}%%{y}$"]"#,
                "module.m.module.n[0].t_r.late",
            ]
        )
        #expect(document.resources.map(\.isTainted) == [false, true, false, false, false, false])
        #expect(document.resources.map(\.isManaged) == [true, true, false, true, true, true])
        #expect(document.resources.map(\.isDeposed) == [false, false, false, false, false, true])
        #expect(document.resourceCount == 4)
        #expect(document.outputs.map(\.name) == ["ip", "all"])
        #expect(document.outputs.map(\.value) == [#""1.2.3.4""#, #"{"a": [1, -2.5e3, null]}"#])
        #expect(document.outputs.map(\.type) == [#""string""#, #"["object", {"a": ["list", "number"]}]"#])
        #expect(document.outputs.map(\.isSensitive) == [false, true])
    }

    @Test func `May be empty`() throws {
        #expect(try parse(head(#","outputs":{},"resources":[]"#)).resources.isEmpty)
        #expect(try parse(head(#","outputs":null,"resources":null"#)).outputs.isEmpty)
        #expect(try parse("\n\t \(head("")) \r\n").serial == 7)
    }

    @Test func `Any beginning of one is torn, and nothing else is`() {
        let bytes = SampleState.json(serial: 1, resources: 2, note: #"é😀 \u00e9 \n"#)
        for length in 0..<bytes.count {
            let error = #expect(throws: VaultError.self) { try StateDocument(parsing: Array(bytes.prefix(length))) }
            #expect(error?.reason == .torn, "\(length)")
        }
    }

    @Test(arguments: [
        "{,}", "{\"a\" 1}", "{\"a\":1,}", "[1 2]", "[01]", "[1.]x", "[-]", "[+1]", "[.5]", "{\"a\":tru }", "[\"\u{1}\"]", "[\"\\x\"]",
        "[\"\\u12g4\"]", "{} {}", "nul!", "'a'", "{\"a\":1}}", "[1]]", "\u{feff}{}", "[\"\n\"]", "{1:2}", "[NaN]",
    ])
    func `Broken JSON is refused`(text: String) throws {
        let error = #expect(throws: VaultError.self) { try parse(text) }
        guard case .malformed? = error?.reason else {
            Issue.record("\(String(describing: error?.reason))")
            return
        }
    }

    @Test(
        arguments: [[0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0x80], [0xc3, 0x28]]
            as [[UInt8]]
    )
    func `Broken UTF-8 is refused`(bytes: [UInt8]) {
        let error = #expect(throws: VaultError.self) { try StateDocument(parsing: Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)) }
        guard case .malformed? = error?.reason else {
            Issue.record("\(String(describing: error?.reason))")
            return
        }
    }

    @Test(arguments: [
        ("true", "version"), ("[]", "version"), ("{}", "version"), (#"{"version":4}"#, "serial"),
        (#"{"version":4,"serial":1}"#, "lineage"), (#"{"version":4,"serial":1,"lineage":""}"#, "lineage"),
        (#"{"version":4,"serial":1,"lineage":null}"#, "lineage"), (#"{"version":4,"serial":1,"lineage":"a\u0000b"}"#, "usable lineage"),
        (#"{"version":4,"serial":1,"lineage":"a","resources":[{}]}"#, "type or name of a resource"),
    ])
    func `JSON that is no state is refused`(text: String, missing: String) throws {
        let error = #expect(throws: VaultError.self) { try parse(text) }
        #expect(error?.reason == .notAState(missing: missing))
    }

    @Test func `Escapes are resolved`() throws {
        let text = head(#","outputs":{"a\u00e9\"\\\/\b\f\n\r\t\ud83d\ude00\ud83dx é😀":{"value":1,"type":"number"}}"#)
        #expect(try parse(text).outputs.first?.name == "aé\"\\/\u{8}\u{c}\n\r\t😀\u{fffd}x é😀")
    }

    @Test func `Nesting has a limit, which no real state reaches`() throws {
        let deep = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(try parse(head(",\"x\":" + deep(400))).serial == 7)
        #expect(throws: VaultError.self) { try parse(head(",\"x\":" + deep(100_000))) }
    }

    @Test func `A serial that is no whole number is refused`() {
        for serial in ["1.5", "\"1\"", "1e3", "99999999999999999999", "null"] {
            let error = #expect(throws: VaultError.self) { try parse(#"{"version":4,"lineage":"l","serial":\#(serial)}"#) }
            guard case .malformed? = error?.reason else {
                Issue.record("\(serial): \(String(describing: error?.reason))")
                continue
            }
        }
    }
}
