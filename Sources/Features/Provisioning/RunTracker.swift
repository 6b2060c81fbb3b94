internal import Domain
internal import Events
internal import Synchronization
internal import Terraform

/// What one attempt has heard from Terraform so far.
final class RunTracker: Sendable {
    private struct State {
        /// Of the command that runs.
        var facts = RunFacts()
        /// The last plan's totals: applying a kept plan says none.
        var planned: ChangeSummary?
        /// How many changes the kept plan has.
        var keptChanges: Int
        /// Errors from before a plan: perhaps only the prepared workspace is at fault, and a real `init` mends it.
        var held: [(events: [JobEvent], text: String)] = []
        /// Resource events of the attempt, for what a crash leaves in doubt.
        var resources: [JobEvent] = []
        /// What the deployment has, as the last state that was kept for good says; nil before there was one.
        var addresses: [String]?
        /// A state could not be stored: it lies in the workspace only.
        var hasUnsavedState = false
        /// Of all commands of the attempt together.
        var budget = LogBudget()
    }

    private let state: Mutex<State>

    /// Begins with nothing heard.
    ///
    /// - Parameter keptChanges: How many changes the plan has that is applied, if it was made before.
    init(keptChanges: Int = 0) { state = Mutex(State(keptChanges: keptChanges)) }

    /// The last plan's totals.
    var planned: ChangeSummary? { state.withLock { $0.planned } }
    /// What the last apply or destroy did.
    var applied: ChangeSummary? { state.withLock { $0.facts.applied } }
    /// Errors of the last command, in order.
    var errors: [Diagnostic] { state.withLock { $0.facts.errors } }
    /// Resource events of the attempt.
    var resources: [JobEvent] { state.withLock { $0.resources } }
    /// What ``hold(_:text:of:)`` has kept.
    var held: [(events: [JobEvent], text: String)] { state.withLock { $0.held } }
    /// Terraform is past its plan and changes things.
    var isApplying: Bool { state.withLock { $0.facts.hasBegunApplying } }

    /// What the deployment has, as the last state that was kept for good says; nil before there was one.
    var addresses: [String]? { state.withLock { $0.addresses } }
    /// A state could not be stored: it lies in the workspace only.
    var hasUnsavedState: Bool { state.withLock { $0.hasUnsavedState } }

    /// Resources that are done, and how many there are to do.
    var counts: (done: Int, total: Int) {
        state.withLock { state in
            // A plan's totals count a replacement twice, and its resources once.
            let isComplete = state.facts.planned != nil && state.facts.total < RunFacts.resourceLimit
            let total = isComplete ? state.facts.total : max(state.facts.total, state.keptChanges, state.facts.planned?.total ?? 0)
            return (state.facts.finished, total)
        }
    }

    /// Resources among the done ones that Terraform could not bring to their end.
    var failedCount: Int { state.withLock { $0.facts.failed } }

    /// The state is in the vault for good.
    func keep(_ addresses: [String]) {
        state.withLock {
            $0.addresses = addresses
            $0.hasUnsavedState = false
        }
    }

    /// The state could not be stored.
    func miss() { state.withLock { $0.hasUnsavedState = true } }

    /// A new command begins: its errors count, not its predecessor's.
    func beginCommand() {
        state.withLock { state in
            state.facts = RunFacts()
            state.held = []
        }
    }

    /// Takes a line in; true when the command has just begun to change things.
    func take(_ line: TerraformLine) -> Bool {
        state.withLock { state in
            let hadBegun = state.facts.hasBegunApplying
            state.facts.add(line.event)
            state.planned = state.facts.planned ?? state.planned
            return state.facts.hasBegunApplying && !hadBegun
        }
    }

    /// Keeps what an error line says until the command's end tells whether it counts; false when it counts already.
    func hold(_ events: [JobEvent], text: String, of line: TerraformLine) -> Bool {
        guard case .diagnostic(let diagnostic) = line.event, diagnostic.severity == .error else { return false }
        return state.withLock { state in
            guard state.facts.planned == nil, state.facts.total == 0 else { return false }
            state.held.append((events, text))
            return true
        }
    }

    /// A line that is only chatter; what is to be recorded now.
    func chatter(_ entry: LogBudget.Entry) -> [LogBudget.Entry] { state.withLock { $0.budget.take(entry, at: .now) } }

    /// The chatter that was held back, at a command's end.
    func endChatter() -> [LogBudget.Entry] { state.withLock { $0.budget.end() } }

    /// Remembers resource events.
    func remember(_ events: [JobEvent]) {
        state.withLock { state in
            for event in events {
                guard case .resource(let report) = event, [.started, .completed, .errored].contains(report.phase) else { continue }
                state.resources.append(event)
            }
        }
    }
}
