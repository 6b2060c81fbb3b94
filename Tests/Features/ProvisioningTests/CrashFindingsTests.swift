import Domain
import Events
import FoundationEssentials
import Jobs
import StateVault
import Storage
import TestKit
import Testing

@testable import Provisioning

@Suite struct CrashFindingsTests {
    private func event(
        _ address: String,
        _ phase: ResourceReport.Phase,
        _ action: ResourceAction = .create,
        id: String? = nil
    ) -> JobEvent {
        .resource(ResourceReport(address: address, action: action, phase: phase, idKey: id == nil ? nil : "id", idValue: id))
    }

    @Test func `nothing that began has no findings`() {
        let findings = CrashFindings(events: [.log(LogLine(text: "x")), event("a", .refreshed, .read)], stateAddresses: [])
        #expect(findings.inFlight.isEmpty && findings.unrecorded.isEmpty && findings.isHarmless)
    }

    @Test func `what began and didn't end is in flight, in the order it began`() {
        let findings = CrashFindings(
            events: [
                event("b", .started), event("a", .started), event("c", .started), event("c", .completed, id: "1"), event("a", .progress),
            ],
            stateAddresses: ["c"]
        )
        #expect(findings.inFlight.map(\.address) == ["b", "a"])
        #expect(findings.unrecorded.isEmpty && !findings.isHarmless)
    }

    @Test(.timeLimit(.minutes(1))) func `very many resources are found in as large a state at once`() {
        let made = (0..<20_000).flatMap { [event("a.b[\"\($0)\"]", .started), event("a.b[\"\($0)\"]", .completed, id: "\($0)")] }
        let known = Set((0..<19_999).map { "a.b[\"\u{1B}\u{7}\($0)\"]" } + (0..<20_000).map { "c.d[\($0)]" })
        let findings = CrashFindings(events: made, stateAddresses: known)
        #expect(findings.unrecorded.map(\.address) == ["a.b[\"19999\"]"] && findings.inFlight.isEmpty)
    }

    @Test func `what failed isn't in flight`() {
        let findings = CrashFindings(events: [event("a", .started), event("a", .errored)], stateAddresses: [])
        #expect(findings.inFlight.isEmpty && findings.isHarmless)
    }

    @Test func `what was reported done and isn't in the state is unrecorded`() {
        let findings = CrashFindings(events: [event("a", .started), event("a", .completed, id: "i-1")], stateAddresses: ["b"])
        #expect(findings.unrecorded.map(\.idValue) == ["i-1"] && !findings.isHarmless)
        #expect(findings.explanation(project: "shop").contains("a was reported done (id i-1)"))
    }

    @Test(arguments: [("a.test[0]", true), ("b.test[0]", false), ("a.test[1]", false)])
    func `an address with a masked name is found by the rest of it`(address: String, isRecorded: Bool) {
        // A credential 'test' masks the name of a.test, too.
        let masked = "a.<redacted>[0]"
        let events = [event(masked, .started), event(masked, .completed, id: "i-1")]
        #expect(CrashFindings(events: events, stateAddresses: [address]).unrecorded.isEmpty == isRecorded)
    }

    @Test func `what was destroyed needs not be in the state`() {
        let findings = CrashFindings(
            events: [event("a", .started, .delete, id: "1"), event("a", .completed, .delete)],
            stateAddresses: []
        )
        #expect(findings.unrecorded.isEmpty && findings.isHarmless)
    }

    @Test(arguments: [ResourceAction.update, .delete])
    func `a change or a deletion that was cut off is tried again`(action: ResourceAction) {
        #expect(CrashFindings(events: [event("a", .started, action)], stateAddresses: ["a"]).isHarmless)
    }

    @Test(arguments: [ResourceAction.create, .replace])
    func `a creation that was cut off is in doubt`(action: ResourceAction) {
        #expect(!CrashFindings(events: [event("a", .started, action)], stateAddresses: []).isHarmless)
    }

    @Test func `a replacement is a deletion and then a creation of the same address`() {
        let deleted = [event("a", .started, .delete), event("a", .completed, .delete)]
        #expect(CrashFindings(events: deleted + [event("a", .started)], stateAddresses: []).inFlight.map(\.action) == [.create])
        let whole = deleted + [event("a", .started), event("a", .completed, id: "2")]
        #expect(CrashFindings(events: whole, stateAddresses: ["a"]).isHarmless)
        #expect(CrashFindings(events: whole, stateAddresses: []).unrecorded.map(\.address) == ["a"])
    }

    @Test func `with create_before_destroy the deletion of the old object doesn't hide the new one`() {
        let events = [
            event("a", .started), event("a", .completed, id: "2"),
            event("a", .started, .delete), event("a", .completed, .delete),
        ]
        #expect(CrashFindings(events: events, stateAddresses: ["a"]).unrecorded.isEmpty)
        let cut = CrashFindings(events: Array(events.prefix(3)), stateAddresses: ["a"])
        #expect(cut.inFlight.map(\.action) == [.delete] && cut.isHarmless)
    }

    @Test func `the explanation names each resource, what was done to it, and the commands that settle it`() {
        let text = CrashFindings(
            events: [
                event("aws_instance.a", .started), event("aws_instance.b", .started, .delete), event("m.x[\"k\"].y.z", .started, .update),
            ],
            stateAddresses: []
        ).explanation(project: "shop")
        for part in [
            "aws_instance.a was being created", "aws_instance.b was being deleted", "m.x[\"k\"].y.z was being changed", "import",
            "slipway deploy DIR --project shop", "--resume-after-crash",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }
}

@Suite struct RunWordsTests {
    @Test(arguments: [
        ("aws_instance.web", "aws_instance"), ("aws_instance.web[0]", "aws_instance"),
        ("module.web[\"a.b\"].aws_instance.web[\"x.y\"]", "aws_instance"),
        ("data.aws_ami.x", "aws_ami"), ("module.a.module.b.hcloud_server.c", "hcloud_server"), ("odd", "odd"),
    ])
    func `a resource's type is read from its address`(address: String, type: String) {
        #expect(UsageStore.type(of: address) == type)
    }

    @Test func `progress within an apply follows the resources that are done`() {
        #expect(RunProgress.applying(done: 0, of: 4) == 60)
        #expect(RunProgress.applying(done: 2, of: 4) == 70)
        #expect(RunProgress.applying(done: 4, of: 4) == 80)
        #expect(RunProgress.applying(done: 9, of: 4) == 80)
        #expect(RunProgress.applying(done: 1, of: 0) == 60)
    }

    @Test(arguments: [
        ("[ 1,\n  2.50 ]", "[1,2.50]"), (#"{ "a b" : "c \" d" }"#, #"{"a b":"c \" d"}"#), ("null", "null"), (#" "\\" "#, #""\\""#),
        ("12345678901234567890.000000001", "12345678901234567890.000000001"),
    ])
    func `JSON is made compact without touching numbers and strings`(text: String, compact: String) {
        #expect(OutputJSON.compact(text) == compact)
    }

    @Test func `options outlive their JSON`() throws {
        let options = RunOptions(action: .destroy, planFirst: true, rollbackOnFailure: true, resumeAfterCrash: true, plansDestroy: true)
        #expect(try RunOptions.decoded(from: options.encoded()) == options)
        let inputs = RunInputs(variables: ["a": "b"], variableFiles: [.init(name: "x", content: [0, 255])], environment: ["C": "D"])
        #expect(try RunInputs.decoded(from: inputs.encoded()) == inputs)
        #expect(inputs.withoutEnvironment.environment.isEmpty && inputs.withoutEnvironment.variables == inputs.variables)
    }

    @Test func `provider settings that hide nothing are not masked, everything else of the environment is`() {
        let inputs = RunInputs(
            variables: ["size": "large", "db_password": "var-secret"],
            environment: [
                "AWS_REGION": "eu-central-1", "AWS_SECRET_ACCESS_KEY": "key", "TF_VAR_size": "medium", "TF_VAR_Token": "t", "MINE": "m",
                "AWS_ENDPOINT_URL_S3": "http://x",
            ]
        )
        #expect(Set(inputs.secrets(sensitiveVariables: [])) == ["key", "t", "m", "var-secret"])
        #expect(Set(inputs.secrets(sensitiveVariables: ["size"])) == ["key", "t", "m", "var-secret", "large", "medium"])
    }
}
