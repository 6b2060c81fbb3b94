import API
import Domain
import Events
import FoundationEssentials
import Provisioning
import Synchronization

/// One way of three to show a job's events: the live view, plain lines, or JSON lines.
final class RunScreen: Sendable {
    private enum Form: Sendable {
        case live(LiveScreen)
        case plain
        case json(JSONView)
    }

    private let form: Form
    private let plain: Mutex<PlainView>
    private let output: Output
    private let job: JobID
    private let isVerbose: Bool
    /// Reasons to wait that were said.
    private let noted: Mutex<Set<String>> = Mutex([])

    init(job: JobDocument, command: ParsedCommand, output: Output) {
        self.output = output
        self.job = JobID(rawValue: job.job)
        isVerbose = command.flag("verbose")
        let detail: PlainView.Detail = command.flag("quiet") ? .quiet : isVerbose ? .verbose : .normal
        plain = Mutex(PlainView(job: self.job, detail: detail, symbols: output.console.symbols))
        if output.isJSON {
            form = .json(JSONView(job: self.job))
        } else if output.isTerminal, detail != .quiet {
            let view = LiveView(
                verb: Self.verb(job.kind),
                project: job.project ?? "",
                job: self.job,
                organization: job.organization ?? "",
                started: job.startedAt ?? Date()
            )
            form = .live(LiveScreen(view, paint: output.console.paint, symbols: output.console.symbols))
        } else {
            form = .plain
        }
    }

    func start() {
        switch form {
        case .live(let screen): screen.start()
        case .plain: if !plain.withLock({ $0.detail == .quiet }) { output.line("job: \(job)") }
        case .json: break
        }
    }

    func show(_ event: JobEvent, at: Date) {
        switch form {
        case .live(let screen):
            screen.show(event, at: at)
            if isVerbose, case .log(let line) = event { screen.print(line.text) }
        case .plain:
            for line in plain.withLock({ $0.lines(for: event) }) { output.line(line) }
        case .json(let view):
            // What was read from JSON encodes as JSON.
            if let line = try? view.line(for: event, at: at) { output.document(line) }
        }
    }

    /// The person asked to cancel.
    func cancelling() {
        switch form {
        case .live(let screen): screen.update { $0.isCancelling = true }
        case .plain: output.note("Cancelling: what is under way comes to a good end. Ctrl-C again leaves it to the worker.")
        case .json: break
        }
    }

    /// Says something beside the job: above the picture where there is one, which a line in its middle would tear.
    func note(_ sentence: String) {
        if case .live(let screen) = form { screen.print(sentence) } else { output.note(sentence) }
    }

    /// Says why nothing happens at present.
    func waits(_ reason: String?) {
        switch form {
        case .live(let screen): screen.update { $0.notice = reason }
        case .plain:
            guard let reason, noted.withLock({ $0.insert(reason).inserted }), !plain.withLock({ $0.detail == .quiet }) else { return }
            output.note(reason.prefix(1).uppercased() + reason.dropFirst() + ".")
        case .json: break
        }
    }

    /// The job is over, or waits for a person.
    ///
    /// - Parameter asking: The question about the plan follows at once.
    func finish(asking: Bool) {
        guard case .live(let screen) = form else { return }
        // The question is about all of the plan, not about as much of it as fits the window.
        if asking { screen.finishWithPlan() } else { screen.finish() }
    }

    /// The terminal is the shell's again, even after an error.
    func giveBack() {
        if case .live(let screen) = form { screen.finish(closing: false) }
    }

    /// It draws a picture of everything, not line after line.
    var isLive: Bool { if case .live = form { true } else { false } }

    /// The person let go of it.
    func left() {
        if case .live(let screen) = form { screen.finish(closing: false) }
        if case .json = form { return }
        output.note("Left to the worker; follow it with: slipway status \(job) --follow")
    }

    private static func verb(_ kind: String) -> String {
        switch RunAction(rawValue: kind) {
        case .deploy: "Deploying"
        case .destroy: "Destroying"
        case .plan: "Planning"
        case .refresh: "Refreshing"
        case nil: kind == "register" ? "Registering the servers of" : "Working on"
        }
    }
}
