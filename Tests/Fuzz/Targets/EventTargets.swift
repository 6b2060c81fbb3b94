import Domain
import Events
import Log

@testable import Provisioning
@testable import Terraform

extension FuzzTarget {
    private static let resource = #"""
        "resource":{"addr":"module.m[\"a b\"].aws_x.y[0]","module":"module.m[\"a b\"]","resource":"aws_x.y[0]","implied_provider":"aws","resource_type":"aws_x","resource_name":"y","resource_key":0}
        """#

    private static let output: [String] = [
        #"{"@level":"info","@message":"Terraform 1.11.4","@module":"terraform.ui","@timestamp":"2026-01-31T12:00:00.000000Z","terraform":"1.11.4","type":"version","ui":"1.2"}"#,
        #"{"@level":"info","@message":"m","change":{\#(resource),"action":"replace","reason":"tainted"},"type":"planned_change"}"#,
        #"{"change":{\#(resource),"action":"update","importing":{"id":"i-1"},"previous_resource":{"addr":"a.b"}},"type":"resource_drift"}"#,
        #"{"changes":{"add":1,"change":2,"import":3,"remove":4,"operation":"plan"},"type":"change_summary"}"#,
        #"{"hook":{\#(resource),"action":"create"},"type":"apply_start"}"#,
        #"{"hook":{\#(resource),"action":"create","elapsed_seconds":10},"type":"apply_progress"}"#,
        #"{"hook":{\#(resource),"action":"create","id_key":"id","id_value":"i-1","elapsed_seconds":12.5},"type":"apply_complete"}"#,
        #"{"hook":{\#(resource),"action":"delete","elapsed_seconds":1},"type":"apply_errored"}"#,
        #"{"hook":{\#(resource),"provisioner":"local-exec","output":"hi hunter2-secret"},"type":"provision_progress"}"#,
        #"{"hook":{\#(resource),"id_key":"id","id_value":"i-1"},"type":"refresh_complete"}"#,
        #"{"@level":"info","@message":"Initializing…","message_code":"initializing_backend_message","type":"init_output"}"#,
        #"{"@level":"info","@message":"Outputs: 1","outputs":{"ip":{"sensitive":false,"type":"string","value":"1.2.3.4","action":"create"},"n":{"sensitive":true,"type":["list","number"],"value":[1]}},"type":"outputs"}"#,
        #"{"@level":"error","@message":"Error","diagnostic":{"severity":"error","summary":"s","detail":"d","address":"a.b","range":{"filename":"main.tf","start":{"line":3,"column":1,"byte":20},"end":{"line":3,"column":5,"byte":24}},"snippet":{"context":"resource \"a\" \"b\"","code":"x = 1","start_line":3,"highlight_start_offset":0,"highlight_end_offset":5,"values":[{"traversal":"var.x","statement":"is 5"}]}},"type":"diagnostic"}"#,
        "plain text with hunter2-secret and \u{1B}[31mcolour\u{1B}[0m",
    ]

    /// A run's output from its bytes to what followers hear.
    static let events = FuzzTarget(
        "events",
        corpus: output.map { Array($0.utf8) } + [
            Array(output.joined(separator: "\n").utf8), Array(output.reversed().joined(separator: "\r\n").utf8),
        ],
        words: [
            "\"type\":", "\"hook\":", "\"elapsed_seconds\":", "apply_complete", "\"@level\":", "hunter2-secret", "\"changes\":",
            "\"line\":",
        ]
    ) { input in
        let parser = EventParser(redactor: Redactor(secrets: ["hunter2-secret"]))
        var splitter = LineSplitter()
        var facts = RunFacts()
        let tracker = RunTracker()
        for line in splitter.add(input + [0x0A]) {
            let found = parser.parse(line)
            try Finding.unless(!found.message.contains("hunter2-secret"), "a secret is in a message")
            facts.add(found.event)
            _ = tracker.take(found)
            let events = JobEvent.events(for: found)
            tracker.remember(events)
            _ = tracker.hold(events, text: found.message, of: found)
            _ = tracker.chatter(LogBudget.Entry(events: events, text: found.message))
        }
        _ = (facts.finished, facts.inFlight, facts.maybeTainted, facts.planned?.total, facts.applied?.total)
        _ = (tracker.counts, tracker.endChatter())
        try Finding.unless(facts.finished <= facts.total, "more is done than there is")
    }

    /// A stream that comes in pieces gives the lines that it gives at once.
    static let lines = FuzzTarget(
        "lines",
        corpus: [Array(output.joined(separator: "\n").utf8), Array("a\r\n\r\nb\n".utf8), Array("no end".utf8)],
        words: ["\n", "\r\n", "\r", "\n\n"],
        largest: 1 << 20
    ) { input in
        var (whole, pieces) = (LineSplitter(), LineSplitter())
        var expected = whole.add(input)
        if let last = whole.finish() { expected.append(last) }
        var found: [LineSplitter.Line] = []
        let size = 1 + Int(input.first ?? 0) * 7
        var start = 0
        while start < input.count {
            let end = min(input.count, start + size)
            found += pieces.add(Array(input[start..<end]))
            start = end
        }
        if let last = pieces.finish() { found.append(last) }
        try Finding.unless(found == expected, "pieces give other lines")
    }
}
