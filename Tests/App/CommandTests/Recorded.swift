import Domain
import Events
import FoundationEssentials

@testable import slipway

/// Jobs as they report themselves, for the views.
enum Recorded {
    static let start = Date(timeIntervalSince1970: 1_764_580_000)
    static let job = JobID(rawValue: "deploy-1764580000000-k3x9qa")

    static func view() -> LiveView { LiveView(verb: "Deploying", project: "shop", job: job, organization: "default", started: start) }

    static let web = "module.web.aws_instance.web[\"東京\"]"

    static let untilPlan: [(Double, JobEvent)] = [
        (0, .stage(StageReport(stage: .`init`, progress: 10, message: "Downloading Terraform providers"))),
        (1, .stage(StageReport(stage: .plan, progress: 30, message: "Planning infrastructure changes"))),
        (1.5, .planned(PlannedChange(address: "aws_s3_bucket.logs", action: .create))),
        (1.5, .planned(PlannedChange(address: web, action: .replace, reason: "cannot_update"))),
        (1.5, .planned(PlannedChange(address: "aws_route53_record.www", action: .update))),
        (1.5, .planned(PlannedChange(address: "aws_iam_role.same", action: .noop))),
        (1.5, .planSummary(ChangeSummary(add: 2, change: 1, destroy: 1))),
    ]

    static let untilApply: [(Double, JobEvent)] =
        untilPlan + [
            (2, .stage(StageReport(stage: .apply, progress: 60, message: "Creating resources"))),
            (2, .resource(ResourceReport(address: "aws_s3_bucket.logs", action: .create, phase: .started))),
            (3.5, .resource(ResourceReport(address: web, action: .delete, phase: .started))),
            (
                4,
                .resource(
                    ResourceReport(
                        address: "aws_s3_bucket.logs",
                        action: .create,
                        phase: .completed,
                        elapsedSeconds: 2,
                        idKey: "id",
                        idValue: "my-logs"
                    )
                )
            ),
            (5, .resource(ResourceReport(address: web, action: .delete, phase: .completed, elapsedSeconds: 1))),
            (5, .resource(ResourceReport(address: web, action: .create, phase: .started))),
            (5.5, .provisioner(ProvisionerOutput(address: web, text: "\u{1B}[1minstalling\u{1B}[0m"))),
        ]

    static let failure: [(Double, JobEvent)] = [
        (7, .resource(ResourceReport(address: web, action: .create, phase: .errored))),
        (
            7,
            .diagnostic(
                DiagnosticReport(
                    severity: .error,
                    summary: "creating EC2 Instance: UnauthorizedOperation",
                    detail: "You are not authorized to perform this operation. Encoded authorization failure message: abc",
                    address: web,
                    file: "main.tf",
                    line: 7,
                    snippet: "resource \"aws_instance\" \"web\" {",
                    advice: "Give the credential the right ec2:RunInstances."
                )
            )
        ),
        (7, .finished(FinishReport(status: .failed, stage: .failed, message: "The apply failed.", elapsedSeconds: 7))),
    ]

    static let success: [(Double, JobEvent)] = [
        (7, .resource(ResourceReport(address: web, action: .create, phase: .completed, elapsedSeconds: 2, idKey: "id", idValue: "i-1"))),
        (7, .resource(ResourceReport(address: "aws_route53_record.www", action: .update, phase: .started))),
        (8, .resource(ResourceReport(address: "aws_route53_record.www", action: .update, phase: .completed, elapsedSeconds: 1))),
        (8, .stage(StageReport(stage: .verify, progress: 80, message: "Verifying created resources"))),
        (8, .stateSaved(StateReport(version: 3, serial: 4, resources: 3))),
        (
            9,
            .outputs([
                "address": OutputValue(type: "\"string\"", value: "\"10.0.0.1\"", sensitive: false),
                "password": OutputValue(type: "\"string\"", value: nil, sensitive: true),
            ])
        ),
        (
            9,
            .finished(
                FinishReport(
                    status: .completed,
                    stage: .completed,
                    message: "Deployed.",
                    summary: ChangeSummary(add: 2, change: 1, destroy: 1),
                    elapsedSeconds: 9
                )
            )
        ),
    ]

    /// An apply of many: the first half is done, the eighth has failed, four are running.
    static func crowd(_ count: Int) -> LiveView {
        var view = view()
        view.take(.stage(StageReport(stage: .`init`, progress: 10, message: "")), at: start)
        view.take(.stage(StageReport(stage: .plan, progress: 30, message: "")), at: start)
        let names = (0..<count).map { "aws_s3_bucket.many[\($0)]" }
        for name in names { view.take(.planned(PlannedChange(address: name, action: .create)), at: start) }
        view.take(.stage(StageReport(stage: .apply, progress: 60, message: "Creating resources")), at: start)
        for (position, name) in names.prefix(count / 2 + 4).enumerated() {
            view.take(.resource(ResourceReport(address: name, action: .create, phase: .started)), at: start)
            let phase: ResourceReport.Phase? = position >= count / 2 ? nil : position == 7 ? .errored : .completed
            if let phase {
                view.take(.resource(ResourceReport(address: name, action: .create, phase: phase, elapsedSeconds: 1)), at: start)
            }
        }
        return view
    }

    /// The states of these jobs after every event, and crowds.
    static var allViews: [LiveView] {
        var views = [view(), crowd(3), crowd(20), crowd(1000)]
        for ending in [failure, success] {
            var view = view()
            for (offset, event) in untilApply + ending {
                view.take(event, at: start.addingTimeInterval(offset))
                views.append(view)
            }
        }
        var cancelling = views[6]
        cancelling.isCancelling = true
        return views + [cancelling]
    }
}
