import Events
import Log
import Testing

@testable import Provisioning
@testable import Terraform

@Suite struct RunTrackerTests {
    private func line(_ text: String) -> TerraformLine {
        EventParser(redactor: Redactor()).parse(.init(bytes: Array(text.utf8), isTruncated: false))
    }

    @Test func `however much a run says about resources, so much is remembered and no more`() {
        let tracker = RunTracker()
        let events = JobEvent.events(for: line(#"{"hook":{"resource":{"addr":"a.b"},"action":"create"},"type":"apply_start"}"#))
        for _ in 0..<(RunTracker.eventLimit + 1000) { tracker.remember(events) }
        #expect(tracker.resources.count == RunTracker.eventLimit)
    }

    @Test func `errors before a plan are held, but not for ever`() {
        let tracker = RunTracker()
        let error = line(#"{"diagnostic":{"severity":"error","summary":"s"},"type":"diagnostic"}"#)
        for _ in 0..<1000 { #expect(tracker.hold(JobEvent.events(for: error), text: "s", of: error)) }
        #expect(tracker.held.count == RunFacts.diagnosticLimit)
    }
}
