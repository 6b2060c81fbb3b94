import Domain
import Events
import Testing

@Suite struct JobEventTests {
    private static let all: [JobEvent] = [
        .stage(StageReport(stage: .apply, progress: 60, message: "m")),
        .environment(EnvironmentReport(program: "Terraform 1.11.4", sandbox: "s", workspace: "memory", attempt: 1, worker: "w")),
        .planned(PlannedChange(address: "a.b", action: .replace, reason: "tainted")),
        .drift(PlannedChange(address: "a.b", action: .update)),
        .planSummary(ChangeSummary(add: 1)),
        .resource(ResourceReport(address: "a.b", action: .create, phase: .completed, elapsedSeconds: 1.5, idKey: "id", idValue: "x")),
        .provisioner(ProvisionerOutput(address: "a.b", text: "hello")),
        .log(LogLine(level: "warn", text: "\u{0}\n\"")),
        .diagnostic(DiagnosticReport(severity: .error, summary: "s", file: "main.tf", line: 3)),
        .outputs(["x": OutputValue(type: "\"string\"", value: "\"v\"", sensitive: false)]),
        .stateSaved(StateReport(version: 1, serial: 2, resources: 3)),
        .server(ServerReport(server: "web", address: "203.0.113.7", phase: .ready, stage: .register, message: "m", elapsedSeconds: 1.5)),
        .finished(FinishReport(status: .completed, stage: .completed, message: "done", summary: ChangeSummary(add: 1))),
    ]

    @Test func `every kind of event is tried here`() { #expect(Set(Self.all.map(\.name)) == Set(JobEvent.Name.allCases)) }

    @Test(arguments: all) func `an event survives its JSON`(event: JobEvent) throws {
        #expect(try JobEvent(name: event.name, payload: event.encodedPayload()) == event)
    }

    @Test func `the JSON of an event is what programs were promised`() throws {
        let event = JobEvent.resource(ResourceReport(address: "aws_vpc.a", action: .create, phase: .started))
        #expect(try event.encodedPayload() == #"{"action":"create","address":"aws_vpc.a","phase":"started"}"#)
    }
}
