import Domain
import Events
import FoundationEssentials
import Log
import Testing

@testable import slipway

@Suite struct LiveViewTests {
    @Test func `a job in the middle of its apply`() {
        var view = Recorded.view()
        for (offset, event) in Recorded.untilApply { view.take(event, at: Recorded.start.addingTimeInterval(offset)) }
        let expected = """
            Deploying shop · deploy-1764580000000-k3x9qa · default
              init   ━━━━━━━━━━━━━━━━━━━━━━━━ 100%   1.0s
              plan   ━━━━━━━━━━━━━━━━━━━━━━━━ 100%   1.0s
              apply  ━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌  33%   4.0s  Creating resources

              – aws_route53_record.www               to update
              ✓ aws_s3_bucket.logs                   created       2.0s  my-logs
              ⠋ module.web.aws_instance.web["東京"]  replacing     2.5s  installing

              1 of 3 done · 1 running · 6.0s · plan +2 ~1 -1
            """
        #expect(lines(view, 24, 80, at: 6) == expected)
    }

    @Test func `a failed one, in ASCII`() {
        var view = Recorded.view()
        for (offset, event) in Recorded.untilApply + Recorded.failure { view.take(event, at: Recorded.start.addingTimeInterval(offset)) }
        let expected = """
            Deploying shop - deploy-1764580000000-k3x9qa - default
              init   ######################## 100%   1.0s
              plan   ######################## 100%   1.0s
              apply  #######.................  33%   5.0s

              - aws_route53_record.www             to update
              * aws_s3_bucket.logs                 created       2.0s  my-logs
              ! module.web.aws_instance.web["??"]  failed        3.5s  installing

              1 of 3 done - 1 failed - 1 error - 7.0s - plan +2 ~1 -1
            """
        #expect(lines(view, 24, 80, at: 9, symbols: .ascii) == expected)
        let closing = """
            |
            | Error: creating EC2 Instance: UnauthorizedOperation
            |
            |   with module.web.aws_instance.web["??"],
            |   on main.tf line 7:
            |   7: resource "aws_instance" "web" {
            |
            | You are not authorized to perform this operation. Encoded authorization
            | failure message: abc
            |
            | What to do: Give the credential the right ec2:RunInstances.
            |

            ! The apply failed.
              The whole log:  slipway logs deploy-1764580000000-k3x9qa
            """
        #expect(view.closing(style: LiveStyle(width: 76, symbols: .ascii)).joined(separator: "\n") == closing)
    }

    @Test func `a completed one ends with its outputs and one sentence`() {
        var view = Recorded.view()
        for (offset, event) in Recorded.untilApply + Recorded.success { view.take(event, at: Recorded.start.addingTimeInterval(offset)) }
        let closing = """
            Outputs:

            address  = "10.0.0.1"
            password = <sensitive>

            ✓ Deployed. 2 added, 1 changed, 1 destroyed in 9.0s.
            """
        #expect(view.closing(style: LiveStyle(width: 80)).joined(separator: "\n") == closing)
        #expect(view.isOver)
        #expect(view.count(.done) == 3)
    }

    @Test func `the plan before the question`() {
        var view = Recorded.view()
        for (offset, event) in Recorded.untilPlan { view.take(event, at: Recorded.start.addingTimeInterval(offset)) }
        view.take(
            .finished(FinishReport(status: .scheduled, stage: .approval, message: "The plan waits for approval.")),
            at: Recorded.start
        )
        let expected = """
            Terraform will perform the following actions:
              ~ aws_route53_record.www
              + aws_s3_bucket.logs
            -/+ module.web.aws_instance.web["東京"] (cannot update)

            Plan: 2 to add, 1 to change, 1 to destroy.
            """
        #expect(view.plan(style: LiveStyle(width: 80)).joined(separator: "\n") == expected)
        #expect(view.isWaitingForApproval && !view.isOver)
        let closing = """
            – The plan waits for approval.
              Apply it:      slipway approve deploy-1764580000000-k3x9qa
              Turn it down:  slipway refuse deploy-1764580000000-k3x9qa
            """
        #expect(view.closing(style: LiveStyle(width: 80)).joined(separator: "\n") == closing)
        #expect(view.afterApproval(started: Recorded.start).resources.count == 3)
    }

    @Test func `an empty plan says so`() {
        #expect(Recorded.view().plan(style: LiveStyle(width: 80)) == ["No changes. What exists matches the code."])
    }

    @Test func `with many resources the failed and running ones come first and the rest is counted`() {
        let view = Recorded.crowd(120)
        let shown = view.render(height: 23, now: Recorded.start.addingTimeInterval(60), style: LiveStyle(width: 80))
        #expect(shown.count == 23)
        #expect(shown.contains { $0.contains("✗ aws_s3_bucket.many[7] ") })
        for running in 60..<64 { #expect(shown.contains { $0.contains("aws_s3_bucket.many[\(running)] ") }) }
        #expect(shown.contains("  … and 105 more: 54 done, 51 waiting"))
    }

    @Test(arguments: [(80, 24), (40, 10), (200, 50), (30, 6), (24, 4), (80, 1), (80, 13), (80, 14)])
    func `a frame is never larger than the terminal`(width: Int, height: Int) {
        for symbols in [Symbols.unicode, .ascii] {
            for view in Recorded.allViews {
                let lines = view.render(
                    height: height,
                    now: Recorded.start.addingTimeInterval(4000),
                    style: LiveStyle(width: width, paint: .colour, symbols: symbols)
                )
                #expect(lines.count <= height)
                for line in lines { #expect(TextWidth.columns(Harmless.line(line)) <= width, "\(Harmless.line(line))") }
            }
        }
    }

    @Test func `colours change nothing but colours`() {
        for view in Recorded.allViews {
            let now = Recorded.start.addingTimeInterval(30)
            let plain = view.render(height: 24, now: now, style: LiveStyle(width: 80))
            let coloured = view.render(height: 24, now: now, style: LiveStyle(width: 80, paint: .colour))
            #expect(coloured.map(Harmless.line) == plain)
            #expect(plain.allSatisfy { !$0.contains("\u{1B}") })
        }
    }

    @Test func `a replacement is done when both halves are, in either order`() {
        for order in [[ResourceAction.delete, .create], [.create, .delete]] {
            var resource = ResourceLine(address: "a", action: .replace)
            for (position, half) in order.enumerated() {
                resource.take(ResourceReport(address: "a", action: half, phase: .started), at: Recorded.start)
                #expect(resource.phase == .running)
                resource.take(ResourceReport(address: "a", action: half, phase: .completed), at: Recorded.start)
                #expect(resource.phase == (position == 0 ? .running : .done))
            }
            #expect(resource.word == "replaced")
        }
    }

    @Test func `a rollback destroys what was created`() {
        var view = Recorded.view()
        for (offset, event) in Recorded.untilApply { view.take(event, at: Recorded.start.addingTimeInterval(offset)) }
        view.take(.stage(StageReport(stage: .rollback, progress: 0, message: "Rolling back")), at: Recorded.start.addingTimeInterval(7))
        #expect(view.resources.map(\.address) == ["aws_s3_bucket.logs", "module.web.aws_instance.web[\"東京\"]"])
        view.take(
            .resource(ResourceReport(address: "aws_s3_bucket.logs", action: .delete, phase: .started)),
            at: Recorded.start.addingTimeInterval(8)
        )
        #expect(view.resources[0].word == "destroying")
        view.take(
            .resource(ResourceReport(address: "aws_s3_bucket.logs", action: .delete, phase: .completed)),
            at: Recorded.start.addingTimeInterval(9)
        )
        #expect(view.resources[0].word == "destroyed")
        #expect(view.stages.map(\.phase) == [.done, .done, .failed, .running])
    }

    @Test func `a stage that comes again begins again in its place`() {
        var view = Recorded.view()
        for (offset, event) in Recorded.untilPlan { view.take(event, at: Recorded.start.addingTimeInterval(offset)) }
        view.take(.finished(FinishReport(status: .scheduled, stage: .approval, message: "")), at: Recorded.start.addingTimeInterval(3))
        view.take(.stage(StageReport(stage: .`init`, progress: 10, message: "")), at: Recorded.start.addingTimeInterval(60))
        #expect(view.stages.map(\.stage) == [.`init`, .plan])
        #expect(view.stages.map(\.phase) == [.running, .done])
        view.take(.stage(StageReport(stage: .apply, progress: 60, message: "")), at: Recorded.start.addingTimeInterval(61))
        #expect(view.stages.map(\.phase) == [.done, .done, .running])
        #expect(view.resources.count == 3)
    }

    @Test func `a new attempt begins with a clean view`() {
        var view = Recorded.view()
        let report = EnvironmentReport(program: "Terraform 1.11.4", sandbox: "", workspace: "memory", attempt: 1, worker: "w")
        view.take(.environment(report), at: Recorded.start)
        for (offset, event) in Recorded.untilApply { view.take(event, at: Recorded.start.addingTimeInterval(offset)) }
        view.take(.finished(FinishReport(status: .retrying, stage: .apply, message: "The network is down.")), at: Recorded.start)
        view.take(.stage(StageReport(stage: .`init`, progress: 10, message: "")), at: Recorded.start)
        var second = report
        second.attempt = 2
        view.take(.environment(second), at: Recorded.start)
        #expect(view.resources.isEmpty && view.diagnostics.isEmpty && view.finish == nil)
        #expect(view.stages.map(\.stage) == [.`init`])
    }

    @Test func `escape sequences in anything from Terraform are harmless`() {
        var view = Recorded.view()
        let evil = "\u{1B}[2J\u{1B}]0;owned\u{07}x\u{9B}5A"
        let at = Recorded.start
        view.take(.stage(StageReport(stage: .apply, progress: 60, message: evil)), at: at)
        view.take(.planned(PlannedChange(address: evil, action: .create, reason: evil)), at: at)
        view.take(.provisioner(ProvisionerOutput(address: evil, text: evil)), at: at)
        view.take(.resource(ResourceReport(address: evil, action: .create, phase: .completed, idKey: evil, idValue: evil)), at: at)
        view.take(
            .diagnostic(
                DiagnosticReport(
                    severity: .error,
                    summary: evil,
                    detail: evil,
                    address: evil,
                    file: evil,
                    line: 1,
                    snippet: evil,
                    advice: evil
                )
            ),
            at: at
        )
        view.take(.outputs([evil: OutputValue(type: evil, value: evil, sensitive: false)]), at: at)
        view.take(.finished(FinishReport(status: .completed, stage: .completed, message: evil)), at: at)
        let style = LiveStyle(width: 80)
        let lines = view.render(height: 24, now: at, style: style) + view.closing(style: style) + view.plan(style: style)
        for line in lines { #expect(Harmless.line(line) == line) }
        var plain = PlainView(job: view.job, detail: .verbose)
        for line in plain.lines(for: .log(LogLine(text: evil))) { #expect(Harmless.line(line) == line) }
    }

    private func lines(_ view: LiveView, _ height: Int, _ width: Int, at: Double, symbols: Symbols = .unicode) -> String {
        view.render(height: height, now: Recorded.start.addingTimeInterval(at), style: LiveStyle(width: width, symbols: symbols))
            .joined(separator: "\n")
    }
}
