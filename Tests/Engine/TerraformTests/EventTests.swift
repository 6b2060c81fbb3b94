import Domain
import Log
import Testing

@testable import Terraform

@Suite struct EventTests {
    private func line(_ text: String, _ secrets: [String] = [], truncated: Bool = false) -> TerraformLine {
        EventParser(redactor: Redactor(secrets: secrets)).parse(.init(bytes: Array(text.utf8), isTruncated: truncated))
    }

    @Test(arguments: ["1e300", "-1e300", "9223372036854775807", "-5", "1e18"])
    func `no number in a line ends the process`(_ number: String) {
        let hook = #"{"hook":{"resource":{"addr":"a.b"},"action":"create","elapsed_seconds":\#(number)},"type":"apply_complete"}"#
        guard case .applyComplete(_, _, _, let elapsed) = line(hook).event else { return #expect(Bool(false), "no apply_complete") }
        #expect((.zero ... .seconds(100 * 366 * 86_400)).contains(elapsed))
        let counts = #"{"changes":{"add":\#(number),"change":\#(number),"import":\#(number),"remove":\#(number)},"type":"change_summary"}"#
        if case .changeSummary(let summary, _) = line(counts).event { #expect(summary.total >= -20) }
        let place = #"{"filename":"main.tf","start":{"line":\#(number),"column":\#(number)}}"#
        let diagnostic = #"{"severity":"error","summary":"s","range":\#(place),"snippet":{"code":"a\nb\nc"}}"#
        guard case .diagnostic(let found) = line(#"{"diagnostic":\#(diagnostic),"type":"diagnostic"}"#).event else {
            return #expect(Bool(false), "no diagnostic")
        }
        #expect(found.text.contains("c"))
        var facts = RunFacts()
        for event in [line(hook).event, line(counts).event, .diagnostic(found)] { facts.add(event) }
        #expect(facts.errors.count == 1)
    }

    @Test func `a diagnostic of any line can be shown`() {
        let far = Diagnostic(summary: "s", file: "main.tf", line: .max, code: "a\nb")
        #expect(far.text.contains("  \(Int.max) │ b"))
    }

    @Test func `a line of each kind is read`() {
        let resource =
            #""resource":{"addr":"module.m.aws_x.y[0]","module":"module.m","resource":"aws_x.y[0]","implied_provider":"aws","resource_type":"aws_x","resource_name":"y","resource_key":0}"#
        let reference = ResourceReference(address: "module.m.aws_x.y[0]", module: "module.m", type: "aws_x", name: "y", provider: "aws")
        let expected: [(String, TerraformEvent)] = [
            (
                #"{"@level":"info","@message":"Terraform 1.11.4","terraform":"1.11.4","type":"version","ui":"1.2"}"#,
                .version(program: "1.11.4")
            ),
            (
                #"{"change":{\#(resource),"action":"replace","reason":"tainted"},"type":"planned_change"}"#,
                .plannedChange(PlannedChange(resource: reference, action: .replace, reason: "tainted"))
            ),
            (
                #"{"change":{\#(resource),"action":"update"},"type":"resource_drift"}"#,
                .resourceDrift(PlannedChange(resource: reference, action: .update))
            ),
            (
                #"{"changes":{"add":1,"change":2,"import":3,"remove":4,"operation":"apply"},"type":"change_summary"}"#,
                .changeSummary(ChangeSummary(add: 1, change: 2, destroy: 4, imported: 3), operation: "apply")
            ),
            (#"{"hook":{\#(resource),"action":"create"},"type":"apply_start"}"#, .applyStart(reference, .create, id: nil)),
            (
                #"{"hook":{\#(resource),"action":"create","elapsed_seconds":10},"type":"apply_progress"}"#,
                .applyProgress(reference, .create, elapsed: .seconds(10))
            ),
            (
                #"{"hook":{\#(resource),"action":"create","id_key":"id","id_value":"i-1","elapsed_seconds":12},"type":"apply_complete"}"#,
                .applyComplete(reference, .create, id: "i-1", elapsed: .seconds(12))
            ),
            (
                #"{"hook":{\#(resource),"action":"delete","elapsed_seconds":1},"type":"apply_errored"}"#,
                .applyErrored(reference, .delete, elapsed: .seconds(1))
            ),
            (
                #"{"hook":{\#(resource),"provisioner":"local-exec","output":"hi"},"type":"provision_progress"}"#,
                .provisionProgress(reference, provisioner: "local-exec", output: "hi")
            ),
            (#"{"hook":{\#(resource),"id_key":"id","id_value":"i-1"},"type":"refresh_complete"}"#, .refreshComplete(reference, id: "i-1")),
            (
                #"{"@level":"info","@message":"Initializing the backend...","message_code":"initializing_backend_message","type":"init_output"}"#,
                .initOutput(code: "initializing_backend_message")
            ),
            (#"{"@level":"info","@message":"x","type":"log"}"#, .log),
        ]
        for (text, event) in expected { #expect(line(text).event == event, "\(text)") }
    }

    @Test(arguments: ["1e300", "-1e300", "9223372036854775807", "1e400", "-5"])
    func `a number beyond all bounds is cut to what can be counted with`(number: String) {
        guard
            case .applyProgress(_, _, let elapsed) = line(
                #"{"hook":{"resource":{"addr":"a.b"},"action":"create","elapsed_seconds":\#(number)},"type":"apply_progress"}"#
            ).event,
            case .changeSummary(let summary, _) = line(
                #"{"changes":{"add":\#(number),"change":\#(number),"remove":\#(number),"import":\#(number)},"type":"change_summary"}"#
            ).event
        else {
            Issue.record("no event")
            return
        }
        #expect((Duration.zero...Duration.seconds(3_200_000_000)).contains(elapsed))
        #expect((0...(4 << 40)).contains(summary.total))
    }

    @Test func `an unknown type is kept, masked`() {
        let found = line(#"{"@level":"info","@message":"m secret1","type":"test_run","x":{"y":["secret1"]}}"#, ["secret1"])
        #expect(
            found.event
                == .unknown(
                    type: "test_run",
                    raw: #"{"@level":"info","@message":"m <redacted>","type":"test_run","x":{"y":["<redacted>"]}}"#
                )
        )
        #expect(found.message == "m <redacted>")
    }

    @Test func `a known type without what it needs is kept as unknown`() {
        guard case .unknown(let type, _) = line(#"{"type":"apply_start","hook":{}}"#).event else {
            Issue.record("should be unknown")
            return
        }
        #expect(type == "apply_start")
    }

    @Test(arguments: ["panic: runtime error", "{", "{\"a\":", "[1]", "{}", "\u{FFFD}", "{\"type\":1}"])
    func `what is no event is plain text`(text: String) {
        #expect(line(text).event == .plainText)
        #expect(line(text).message == text)
    }

    @Test func `secrets that look like Terraform's own words don't break the events`() {
        let found = line(
            #"{"@level":"info","@message":"create it","type":"change_summary","changes":{"add":1,"operation":"apply"}}"#,
            ["apply", "change_summary", "info", "create"]
        )
        #expect(found.event == .changeSummary(ChangeSummary(add: 1), operation: "apply"))
        #expect(found.message == "<redacted> it")
    }

    @Test func `control sequences of a terminal are taken out`() {
        #expect(line("\u{1B}[31mred\u{1B}[0m\u{7}\u{8} text\ttab").message == "red text\ttab")
        #expect(line(#"{"@message":"\u001b]0;title\u0007x","type":"log"}"#).message == "x")
        #expect(line("a\u{9B}2Jb\u{202E}c\u{2066}d\ne").message == "abcd\ne")
    }

    @Test func `no field of an event holds what a terminal would obey`() throws {
        let evil = #"\u001b]0;t\u0007\u001b[5mx\u009b2J\u0085\u202ey\u2066"#
        let resource =
            #""resource":{"addr":"\#(evil)","module":"\#(evil)","resource_type":"\#(evil)","resource_name":"\#(evil)","implied_provider":"\#(evil)"}"#
        let lines = [
            #"{"@message":"\#(evil)","@timestamp":"\#(evil)","type":"log"}"#,
            #"{"type":"version","terraform":"\#(evil)"}"#,
            #"{"type":"init_output","message_code":"\#(evil)"}"#,
            #"{"type":"planned_change","change":{\#(resource),"action":"create","reason":"\#(evil)","importing":{"id":"\#(evil)"},"previous_\#(resource.dropFirst())}}"#,
            #"{"type":"apply_complete","hook":{\#(resource),"action":"create","id_value":"\#(evil)","elapsed_seconds":1}}"#,
            #"{"type":"provision_progress","hook":{\#(resource),"provisioner":"\#(evil)","output":"\#(evil)"}}"#,
            #"{"type":"outputs","outputs":{"\#(evil)":{"sensitive":true}}}"#,
            #"""
            {"type":"diagnostic","diagnostic":{"severity":"error","summary":"\#(evil)","detail":"\#(evil)","address":"\#(evil)",
            "range":{"filename":"\#(evil)","start":{"line":1,"column":1}},
            "snippet":{"code":"\#(evil)","context":"\#(evil)","values":[{"traversal":"\#(evil)","statement":"\#(evil)"}]}}}
            """#.replacing("\n", with: ""),
        ]
        for text in lines {
            let found = line(text)
            #expect(found.event != .plainText, "\(text)")
            let shown = "\(found)"
            let harm: Set<UInt32> = [0x1B, 0x07, 0x9B, 0x85, 0x202E, 0x2066]
            #expect(!shown.unicodeScalars.contains { harm.contains($0.value) }, "\(text)")
            #expect(shown.contains("x"), "\(shown)")
        }
    }

    @Test func `a secret is masked whether or not it holds what is cleaned away`() {
        #expect(line("it is a\u{1B}[1mbc\u{0}d", ["a\u{1B}[1mbc\u{0}d"]).message == "it is <redacted>")
        #expect(line("it is \u{1B}[1mabcd\u{1B}[0m ab\u{1B}[0mcd", ["abcd"]).message == "it is <redacted> <redacted>")
    }

    @Test func `a sensitive output has no value, whatever the line says`() {
        let found = line(
            #"{"type":"outputs","outputs":{"a":{"sensitive":true,"type":"string","value":"v"},"b":{"type":"string","value":"v"},"c":{"sensitive":false,"value":[1,null]}}}"#
        )
        guard case .outputs(let outputs) = found.event else {
            Issue.record("no outputs")
            return
        }
        #expect(outputs.map(\.value?.text) == [nil, nil, "[1,null]"])
    }

    @Test func `lines are cut where they end, wherever the pieces end`() {
        let text = Array("one\r\n\ntwo\nthree".utf8)
        for size in 1...text.count {
            var splitter = LineSplitter()
            var lines: [String] = []
            for start in stride(from: 0, to: text.count, by: size) {
                lines += splitter.add(Array(text[start..<min(text.count, start + size)])).map { String(decoding: $0.bytes, as: UTF8.self) }
            }
            if let last = splitter.finish() { lines.append(String(decoding: last.bytes, as: UTF8.self)) }
            #expect(lines == ["one", "two", "three"])
        }
    }

    @Test func `a line beyond the limit is cut and flagged, and the next is whole`() {
        var splitter = LineSplitter()
        let lines = splitter.add([UInt8](repeating: 65, count: LineSplitter.limit + 5) + Array("\nnext\n".utf8))
        #expect(lines.map(\.bytes.count) == [LineSplitter.limit, 4])
        #expect(lines.map(\.isTruncated) == [true, false])
    }

    @Test func `half a secret at the cut is not shown`() {
        let text = String(repeating: "x", count: 10_000) + "hunter2-hunter2"
        #expect(!line(String(text.dropLast(3)), ["hunter2-hunter2"], truncated: true).message.contains("hunter2"))
    }

    @Test(arguments: [
        (#"{"a":[1,2.5e3,-0,"x\n\u00e9\ud83d\ude00"],"b":{},"c":[],"d":null,"e":true}"#, true), (#"[1,]"#, false), (#"{"a" 1}"#, false),
        ("01x", false), ("", false), ("nul", false), (#""\x""#, false), ("{}{}", false), (" [ 1 , 2 ] ", true), (#""\ud800""#, true),
    ])
    func `JSON is read strictly`(text: String, isValid: Bool) throws {
        let value = JSONValue(parsing: Array(text.utf8))
        #expect((value != nil) == isValid)
        if let value { #expect(JSONValue(parsing: Array(value.text.utf8)) == value) }
    }

    @Test func `JSON that nests without end does not exhaust the stack`() {
        #expect(JSONValue(parsing: [UInt8](repeating: UInt8(ascii: "["), count: 100_000)) == nil)
    }
}
