internal import Events
import FoundationEssentials

/// One resource in the live view.
struct ResourceLine: Sendable, Equatable {
    enum Phase: Sendable, Equatable { case waiting, running, done, failed }

    let address: String
    /// As planned; of a resource that wasn't planned, as first reported.
    var action: ResourceAction
    var reason: String?
    var phase = Phase.waiting
    var started: Date?
    var elapsedSeconds: Double?
    /// What it is called in the cloud, once it is done.
    var identity: String?
    /// The last line of its provisioner.
    var output: String?
    /// It is a server that is being registered.
    private var isServer = false
    /// A replacement is done when both halves are, in whichever order.
    private var halves: Set<ResourceAction> = []

    init(address: String, action: ResourceAction, reason: String? = nil) {
        self.address = address
        self.action = action
        self.reason = reason
    }

    /// Takes what Terraform reported about this resource.
    mutating func take(_ report: ResourceReport, at: Date) {
        switch report.phase {
        case .started:
            if phase == .done || phase == .failed, !halves.contains(.delete) || action != .replace { begin(report.action) }
            started = started ?? at
            phase = .running
        case .progress:
            phase = .running
            started = started ?? at.addingTimeInterval(-(report.elapsedSeconds ?? 0))
        case .completed:
            halves.insert(report.action)
            let isWhole = action != .replace || report.action == .replace || halves.isSuperset(of: [.create, .delete])
            phase = isWhole ? .done : .running
            if isWhole { elapsedSeconds = max(started.map { at.timeIntervalSince($0) } ?? 0, report.elapsedSeconds ?? 0) }
            if report.action != .delete, let value = report.idValue { identity = value }
            output = nil
        case .errored:
            phase = .failed
            elapsedSeconds = report.elapsedSeconds ?? started.map { at.timeIntervalSince($0) }
        case .refreshStarted, .refreshed:
            break
        }
    }

    /// Takes what a registration reported about this server.
    mutating func take(_ report: ServerReport, at: Date) {
        isServer = true
        switch report.phase {
        case .running:
            if phase == .done || phase == .failed { started = nil }
            started = started ?? at
            phase = .running
            output = report.message
        case .ready, .failed:
            phase = report.phase == .ready ? .done : .failed
            elapsedSeconds = report.elapsedSeconds ?? started.map { at.timeIntervalSince($0) }
            if report.phase == .ready { identity = report.address }
            output = nil
        }
    }

    /// Something new is done to it: it is destroyed again, or tried again.
    mutating func begin(_ action: ResourceAction) {
        self = ResourceLine(address: address, action: action)
    }

    /// How long it has taken, or took; nil before it began.
    func elapsed(now: Date) -> Double? {
        phase == .running ? started.map { max(0, now.timeIntervalSince($0)) } : elapsedSeconds
    }

    /// What happens to it, or has happened: `creating`.
    var word: String {
        switch phase {
        case .waiting: action.waitingWords
        case .running: isServer ? "registering" : action.runningWord
        case .done: isServer ? "ready" : action.doneWord
        case .failed: "failed"
        }
    }
}
