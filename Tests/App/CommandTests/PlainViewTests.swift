import Domain
import Events
import FoundationEssentials
import Testing

@testable import slipway

@Suite struct PlainViewTests {
    private func lines(_ events: [(Double, JobEvent)], detail: PlainView.Detail = .normal) -> String {
        var view = PlainView(job: Recorded.job, detail: detail)
        return events.flatMap { view.lines(for: $0.1) }.joined(separator: "\n")
    }

    @Test func `a deploy that works`() {
        let expected = """
            init: Downloading Terraform providers (10%)
            plan: Planning infrastructure changes (30%)
            planned: create aws_s3_bucket.logs
            planned: replace module.web.aws_instance.web["東京"] (cannot update)
            planned: update aws_route53_record.www
            plan: 2 to add, 1 to change, 1 to destroy
            apply: Creating resources (60%)
            aws_s3_bucket.logs: creating
            module.web.aws_instance.web["東京"]: destroying
            aws_s3_bucket.logs: created after 2.0s (id my-logs)
            module.web.aws_instance.web["東京"]: destroyed after 1.0s
            module.web.aws_instance.web["東京"]: creating
            module.web.aws_instance.web["東京"]: installing
            module.web.aws_instance.web["東京"]: created after 2.0s (id i-1)
            aws_route53_record.www: updating
            aws_route53_record.www: updated after 1.0s
            verify: Verifying created resources (80%)
            outputs:
              address  = "10.0.0.1"
              password = <sensitive>
            completed: Deployed. 2 added, 1 changed, 1 destroyed in 9.0s.
            """
        #expect(lines(Recorded.untilApply + Recorded.success) == expected)
    }

    @Test func `a deploy that fails, quietly`() {
        let expected = """
            error: main.tf:7: creating EC2 Instance: UnauthorizedOperation (module.web.aws_instance.web["東京"])
              You are not authorized to perform this operation. Encoded authorization failure message: abc
              What to do: Give the credential the right ec2:RunInstances.
            failed: The apply failed.
            """
        #expect(lines(Recorded.untilApply + Recorded.failure, detail: .quiet) == expected)
    }

    @Test func `Terraform's own lines are there when they are asked for`() {
        let events: [(Double, JobEvent)] = [
            (0, .log(LogLine(text: "one\u{1B}[0m\ntwo\n"))), (0, .stateSaved(StateReport(version: 2, serial: 5, resources: 1))),
        ]
        #expect(lines(events) == "")
        #expect(lines(events, detail: .verbose) == "terraform: one\nterraform: two\nstate: version 2, 1 resource")
    }

    @Test func `progress within a stage says nothing new`() {
        let events: [(Double, JobEvent)] = [60, 65, 70].map {
            (0, .stage(StageReport(stage: .apply, progress: $0, message: "\($0) of 100")))
        }
        #expect(lines(events) == "apply: 60 of 100 (60%)")
    }

    @Test func `a list in the last sentence keeps its lines`() {
        let report = FinishReport(status: .failed, stage: .failed, message: "Cut off:\n  - a was being created\n\nLook for it.")
        #expect(lines([(0, .finished(report))]) == "failed: Cut off:\n    - a was being created\n  Look for it.")
    }

    @Test func `waiting for approval names the command`() {
        let report = FinishReport(status: .scheduled, stage: .approval, message: "The plan waits for approval.")
        let expected = "scheduled: The plan waits for approval. Apply it with: slipway approve deploy-1764580000000-k3x9qa"
        #expect(lines([(0, .finished(report))]) == expected)
    }
}
