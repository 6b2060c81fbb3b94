internal import Events
internal import Terraform

extension JobEvent {
    /// What followers of a job hear of a line of Terraform's; nothing for lines that only the execution log keeps.
    static func events(for line: TerraformLine) -> [JobEvent] {
        switch line.event {
        case .plannedChange(let change):
            [.planned(Events.PlannedChange(change))]
        case .resourceDrift(let change):
            [.drift(Events.PlannedChange(change))]
        case .changeSummary(let summary, let operation):
            operation == "plan" ? [.planSummary(summary)] : []
        case .applyStart(let resource, let action, let id):
            [report(resource, action, .started, id: id)]
        case .applyProgress(let resource, let action, let elapsed):
            [report(resource, action, .progress, elapsed: elapsed)]
        case .applyComplete(let resource, let action, let id, let elapsed):
            [report(resource, action, .completed, elapsed: elapsed, id: id)]
        case .applyErrored(let resource, let action, let elapsed):
            [report(resource, action, .errored, elapsed: elapsed)]
        case .provisionProgress(let resource, _, let output):
            [.provisioner(ProvisionerOutput(address: resource.address, text: output))]
        case .refreshStart(let resource, let id):
            [report(resource, .read, .refreshStarted, id: id)]
        case .refreshComplete(let resource, let id):
            [report(resource, .read, .refreshed, id: id)]
        case .diagnostic(let diagnostic) where diagnostic.isEchoOfStop:
            []
        case .diagnostic(let diagnostic):
            [.diagnostic(DiagnosticReport(diagnostic))]
        case .initOutput, .plainText, .unknown:
            [.log(LogLine(level: line.level.rawValue, text: line.message))]
        case .version, .outputs, .log, .provisionStart, .provisionComplete, .provisionErrored:
            []
        }
    }

    private static func report(
        _ resource: ResourceReference,
        _ action: ChangeAction,
        _ phase: ResourceReport.Phase,
        elapsed: Duration? = nil,
        id: String? = nil
    ) -> JobEvent {
        .resource(
            ResourceReport(
                address: resource.address,
                action: ResourceAction(action),
                phase: phase,
                elapsedSeconds: elapsed.map { $0 / .seconds(1) },
                idKey: id == nil ? nil : "id",
                idValue: id
            )
        )
    }
}

extension ResourceAction {
    /// Terraform's word; one that a newer Terraform adds counts as a change.
    init(_ action: ChangeAction) {
        self = ResourceAction(rawValue: action.rawValue) ?? .update
    }
}

extension Events.PlannedChange {
    init(_ change: Terraform.PlannedChange) {
        self.init(address: change.resource.address, action: ResourceAction(change.action), reason: change.reason)
    }
}
