internal import Domain
internal import Events
internal import Synchronization
internal import Terraform

/// What one attempt has heard from Terraform so far.
final class RunTracker: Sendable {
    struct Facts: Sendable {
        /// The plan's totals.
        var planned: ChangeSummary?
        /// What the last apply or destroy did.
        var applied: ChangeSummary?
        /// Errors of the last command, in order.
        var errors: [Diagnostic] = []
        /// Resource events of the attempt, for what a crash leaves in doubt.
        var resources: [JobEvent] = []
        var done: Set<String> = []
        /// Planned changes, as a fallback for a total.
        var plannedCount = 0
        /// Errors from before a plan: perhaps only the prepared workspace is at fault, and a real `init` mends it.
        var held: [(events: [JobEvent], text: String)] = []
        /// Terraform has planned something.
        var hasPlanned = false
        /// What the deployment has, as the last state that was kept for good says; nil before there was one.
        var addresses: [String]?
        /// A state could not be stored: it lies in the workspace only.
        var hasUnsavedState = false
        /// Terraform is past its plan and changes things.
        var isApplying = false
    }

    private let facts = Mutex(Facts())

    var now: Facts { facts.withLock { $0 } }

    /// The state is in the vault for good.
    func keep(_ addresses: [String]) {
        facts.withLock {
            $0.addresses = addresses
            $0.hasUnsavedState = false
        }
    }

    /// The state could not be stored.
    func miss() { facts.withLock { $0.hasUnsavedState = true } }

    /// A new command begins: its errors count, not its predecessor's.
    func beginCommand() {
        facts.withLock {
            $0.errors = []
            $0.held = []
            $0.hasPlanned = false
            $0.isApplying = false
            $0.done = []
        }
    }

    /// Takes a line in; true when the command has just begun to change things.
    func take(_ line: TerraformLine) -> Bool {
        facts.withLock { facts in
            switch line.event {
            case .plannedChange:
                facts.plannedCount += 1
                facts.hasPlanned = true
            case .changeSummary(let summary, let operation):
                facts.hasPlanned = true
                if operation == "plan" { facts.planned = summary } else { facts.applied = summary }
            case .applyComplete(let resource, _, _, _), .applyErrored(let resource, _, _):
                facts.done.insert(resource.address)
            case .applyStart where !facts.isApplying:
                facts.isApplying = true
                return true
            case .diagnostic(let diagnostic) where diagnostic.severity == .error: facts.errors.append(diagnostic)
            default: break
            }
            return false
        }
    }

    /// Keeps what an error line says until the command's end tells whether it counts; false when it counts already.
    func hold(_ events: [JobEvent], text: String, of line: TerraformLine) -> Bool {
        guard case .diagnostic(let diagnostic) = line.event, diagnostic.severity == .error else { return false }
        return facts.withLock { facts in
            guard !facts.hasPlanned else { return false }
            facts.held.append((events, text))
            return true
        }
    }

    /// Remembers resource events.
    func remember(_ events: [JobEvent]) {
        facts.withLock { facts in
            for event in events {
                guard case .resource(let report) = event, [.started, .completed, .errored].contains(report.phase) else { continue }
                facts.resources.append(event)
            }
        }
    }

    /// 60 to 80, by the resources that are done.
    var applyProgress: Int {
        facts.withLock { RunProgress.applying(done: $0.done.count, of: max($0.planned?.total ?? 0, $0.plannedCount)) }
    }
}
