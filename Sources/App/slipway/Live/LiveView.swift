internal import Domain
internal import Events
import FoundationEssentials

/// What a job has reported so far, ready to be shown: events go in, lines come out.
///
/// A pure value: the clock comes in with each event and each rendering. ``LiveScreen`` puts it on a terminal.
struct LiveView: Sendable {
    /// What is done: `Deploying`, `Destroying`, `Planning`.
    let verb: String
    let project: String
    let job: JobID
    let organization: String
    let started: Date

    private(set) var stages: [StageBar] = []
    /// What the job waits for before its first stage.
    private(set) var waiting = "waiting for a worker"
    /// In the order in which they were planned or first reported.
    private(set) var resources: [ResourceLine] = []
    private(set) var drifted: [PlannedChange] = []
    private(set) var planSummary: ChangeSummary?
    private(set) var diagnostics: [DiagnosticReport] = []
    private(set) var outputs: [String: OutputValue] = [:]
    private(set) var stateVersion: Int64?
    private(set) var environment: EnvironmentReport?
    private(set) var refreshed = 0
    private(set) var finish: FinishReport?
    private(set) var finishedAt: Date?
    /// The person has asked to cancel.
    var isCancelling = false
    /// Why nothing happens at present; gone with the next stage.
    var notice: String?
    private var index: [String: Int] = [:]
    /// The position of the stage that was entered last.
    private(set) var current: Int?

    init(verb: String, project: String, job: JobID, organization: String, started: Date) {
        self.verb = verb
        self.project = project
        self.job = job
        self.organization = organization
        self.started = started
    }

    /// Nothing more will happen to the job.
    var isOver: Bool { finish?.status.isFinal ?? false }

    /// The job waits for a person's yes to its plan.
    var isWaitingForApproval: Bool { finish?.status == .scheduled && finish?.stage == .approval }

    /// Takes the next event.
    ///
    /// - Parameters:
    ///   - event: The events have to come in the job's order.
    ///   - at: When it happened, by the clock that ``LiveScreen`` renders with.
    mutating func take(_ event: JobEvent, at: Date) {
        switch event {
        case .stage(let report): enter(report, at: at)
        case .environment(let report): begin(report)
        case .planned(let change): plan(change)
        case .drift(let change): drifted.append(change)
        case .planSummary(let summary):
            planSummary = summary
            sortPlan()
        case .resource(let report): take(report, at: at)
        case .provisioner(let output): resources[position(of: output.address, action: .create)].output = output.text
        case .log: break
        case .diagnostic(let diagnostic): diagnostics.append(diagnostic)
        case .outputs(let values): outputs = values
        case .stateSaved(let report): stateVersion = report.version
        case .server(let report): resources[position(of: report.server, action: .create)].take(report, at: at)
        case .finished(let report): end(report, at: at)
        }
    }

    /// The view with which to follow an approved plan: the plan is kept, what came before it is not shown again.
    func afterApproval(started: Date) -> LiveView {
        var view = LiveView(verb: verb, project: project, job: job, organization: organization, started: started)
        view.resources = resources
        view.index = index
        view.planSummary = planSummary
        view.environment = environment
        view.waiting = "approved, waiting for a worker"
        return view
    }

    /// How many resources are in each phase; reads that no plan mentions are left out.
    func count(_ phase: ResourceLine.Phase) -> Int { resources.count { $0.phase == phase } }

    // MARK: Events

    private mutating func enter(_ report: StageReport, at: Date) {
        finish = nil
        finishedAt = nil
        notice = nil
        if let current, stages[current].stage == report.stage, stages[current].phase == .running {
            stages[current].progress = report.progress
            stages[current].message = report.message
            return
        }
        guard StageBar.isShown(report.stage) else {
            waiting = report.message.isEmpty ? waiting : report.message
            return
        }
        closeStage(as: report.stage == .rollback ? .failed : .done, at: at)
        // A stage that comes again, as `init` does before an approved plan is applied, begins again in its place.
        if let again = stages.firstIndex(where: { $0.stage == report.stage }) {
            stages[again] = StageBar(report, at: at)
            current = again
        } else {
            stages.append(StageBar(report, at: at))
            current = stages.count - 1
        }
        if report.stage == .rollback { turnBack() }
    }

    /// What was created is to be destroyed again; what was never begun is of no interest any more.
    private mutating func turnBack() {
        let kept = resources.filter { $0.phase != .waiting && !($0.phase == .done && $0.action == .delete) }
        resources = []
        index = [:]
        for resource in kept {
            let position = position(of: resource.address, action: resource.action)
            resources[position] = resource
            if resource.phase == .done { resources[position].begin(.delete) }
        }
    }

    /// A new attempt begins from the start.
    private mutating func begin(_ report: EnvironmentReport) {
        if let attempt = environment?.attempt, report.attempt > attempt, !isWaitingForApproval {
            stages.removeAll { $0.phase != .running }
            current = stages.indices.last
            diagnostics = []
            resources = []
            index = [:]
            refreshed = 0
        }
        environment = report
    }

    private mutating func plan(_ change: PlannedChange) {
        guard change.action != .noop else { return }
        let position = position(of: change.address, action: change.action)
        resources[position].action = change.action
        resources[position].reason = change.reason
    }

    /// Puts what was planned in order; what has begun, by now or before, stays where it is seen.
    private mutating func sortPlan() {
        guard resources.allSatisfy({ $0.phase == .waiting }) else { return }
        resources.sort { AddressOrder.isBefore($0.address, $1.address) }
        for (position, resource) in resources.enumerated() { index[resource.address] = position }
    }

    private mutating func take(_ report: ResourceReport, at: Date) {
        switch report.phase {
        case .refreshStarted: return
        case .refreshed: refreshed += 1
        default:
            // Data that is read for the plan is no change: it is counted and not listed.
            if report.action == .read, index[report.address] == nil {
                if report.phase == .completed { refreshed += 1 }
                return
            }
            resources[position(of: report.address, action: report.action)].take(report, at: at)
        }
    }

    private mutating func end(_ report: FinishReport, at: Date) {
        finish = report
        finishedAt = at
        let phase: StageBar.Phase =
            switch report.status {
            case .completed, .scheduled: .done
            case .cancelled: .cancelled
            default: .failed
            }
        closeStage(as: phase, at: at)
    }

    private mutating func closeStage(as phase: StageBar.Phase, at: Date) {
        guard let current, stages[current].phase == .running else { return }
        stages[current].phase = phase
        stages[current].ended = at
    }

    private mutating func position(of address: String, action: ResourceAction) -> Int {
        if let position = index[address] { return position }
        index[address] = resources.count
        resources.append(ResourceLine(address: address, action: action))
        return resources.count - 1
    }
}
