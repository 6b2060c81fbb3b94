package import Domain

/// What a run's events add up to, so far; pure, fed one by one.
package struct RunFacts: Sendable, Hashable {
    /// In order of planning; at most ``resourceLimit``, the rest is only counted.
    package private(set) var resources: [ResourceProgress] = []
    /// What the plan says, or the one that was applied.
    package private(set) var planned: ChangeSummary?
    /// What the apply says it did; nil when it failed.
    package private(set) var applied: ChangeSummary?
    /// The applied outputs, else the planned ones.
    package private(set) var outputs: [OutputChange] = []
    package private(set) var drift: [PlannedChange] = []
    /// Errors and warnings; at most ``diagnosticLimit``.
    package private(set) var diagnostics: [Diagnostic] = []
    /// Resources read so far.
    package private(set) var refreshed = 0
    /// Something in the cloud may have been touched.
    package private(set) var hasBegunApplying = false

    /// How many resources are followed one by one, and how many diagnostics are kept.
    package static let resourceLimit = 20_000
    package static let diagnosticLimit = 200

    private var positions: [String: Int] = [:]

    /// - Parameter plan: The changes of a plan that is applied later: applying it does not repeat them.
    package init(plan: [PlannedChange] = []) {
        for change in plan { add(change) }
    }

    package var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }

    /// Resources that are to be changed, and how many of them are done or have failed.
    package var total: Int { resources.count }
    package var finished: Int { resources.count { $0.stage == .done || $0.stage == .errored } }
    /// How many have failed.
    package var failed: Int { resources.count { $0.stage == .errored } }

    /// Begun and not ended: after a kill these may exist in the cloud and not in the state.
    package var inFlight: [ResourceProgress] { resources.filter { $0.stage == .active } }

    /// Failed while being created: they may exist, and Terraform will replace them (it marks them tainted).
    package var maybeTainted: [ResourceProgress] { resources.filter { $0.stage == .errored && $0.action == .create } }

    /// Takes in the next event.
    package mutating func add(_ event: TerraformEvent) {
        switch event {
        case .plannedChange(let change): add(change)
        case .resourceDrift(let change): if drift.count < Self.resourceLimit { drift.append(change) }
        case .changeSummary(let summary, let operation): if operation == "plan" { planned = summary } else { applied = summary }
        case .applyStart(let resource, let action, let id): begin(resource, action, id)
        case .applyProgress(let resource, _, let elapsed): update(resource) { $0.elapsed = elapsed }
        case .applyComplete(let resource, let action, let id, let elapsed): complete(resource, action, id, elapsed)
        case .applyErrored(let resource, _, let elapsed):
            update(resource) { progress in
                progress.stage = .errored
                progress.elapsed = elapsed
            }
        case .outputs(let outputs): self.outputs = outputs
        case .diagnostic(let diagnostic): if diagnostics.count < Self.diagnosticLimit { diagnostics.append(diagnostic) }
        case .refreshComplete: refreshed += 1
        case .version, .provisionStart, .provisionProgress, .provisionComplete, .provisionErrored, .refreshStart, .initOutput, .log,
            .plainText,
            .unknown:
            break
        }
    }

    // MARK: - Details

    private mutating func add(_ change: PlannedChange) {
        // Nothing will be heard of these again.
        guard ![.none, .read, .move, .forget].contains(change.action) else { return }
        append(change.resource, change.action, .pending)
    }

    private mutating func append(_ resource: ResourceReference, _ action: ChangeAction, _ stage: ResourceProgress.Stage) {
        guard positions[resource.address] == nil, resources.count < Self.resourceLimit else { return }
        positions[resource.address] = resources.count
        let steps = action == .replace ? 2 : 1
        resources.append(ResourceProgress(resource: resource, action: action, stage: stage, elapsed: .zero, stepsLeft: steps))
    }

    private mutating func begin(_ resource: ResourceReference, _ action: ChangeAction, _ id: String?) {
        // Data sources are read during an apply too.
        guard action != .read, action != .none else { return }
        hasBegunApplying = true
        append(resource, action, .active)
        update(resource) { progress in
            progress.stage = .active
            progress.action = action
            progress.id = id ?? progress.id
        }
    }

    private mutating func complete(_ resource: ResourceReference, _ action: ChangeAction, _ id: String?, _ elapsed: Duration) {
        guard action != .read, action != .none else { return }
        append(resource, action, .active)
        update(resource) { progress in
            progress.stepsLeft -= 1
            progress.stage = progress.stepsLeft > 0 ? .pending : .done
            progress.action = action
            progress.id = id ?? progress.id
            progress.elapsed = elapsed
        }
    }

    private mutating func update(_ resource: ResourceReference, _ change: (inout ResourceProgress) -> Void) {
        if let position = positions[resource.address] { change(&resources[position]) }
    }
}
