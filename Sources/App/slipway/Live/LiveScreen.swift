import Dispatch
internal import Events
import FoundationEssentials
internal import Host
import Synchronization

/// Keeps a ``LiveView`` on a terminal up to date, in place.
///
/// An event is drawn at once, or 30 ms after the last frame if that is later: terminals are slow, and a burst of events needs no frame
/// each. Drawing happens on the screen's own queue, so that a terminal that has been stopped (Ctrl-S) holds nobody up.
final class LiveScreen: Sendable {
    private struct State {
        var view: LiveView
        var screen = Screen()
        var above: [String] = []
        var isDrawing = false
        var isRunning = false
    }

    /// Between two frames: 30 ms keep an event's way to the screen below 50 ms in a burst, too.
    private static let gap = DispatchTimeInterval.milliseconds(30)
    /// For the spinner and the clocks.
    private static let tick = DispatchTimeInterval.milliseconds(100)
    /// Lines that wait to be put above the frame; more than that and the oldest are dropped.
    private static let mostLinesAbove = 2000

    private let state: Mutex<State>
    private let terminal: Terminal
    private let paint: Paint
    private let symbols: Symbols
    private let clock: @Sendable () -> Date
    private let queue = DispatchQueue(label: "slipway.screen", qos: .userInteractive)
    private let suspension: Mutex<SuspendHandler?> = Mutex(nil)

    init(
        _ view: LiveView,
        terminal: Terminal = .standardOutput,
        paint: Paint,
        symbols: Symbols,
        clock: @escaping @Sendable () -> Date = { Date() }
    ) {
        state = Mutex(State(view: view))
        self.terminal = terminal
        self.paint = paint
        self.symbols = symbols
        self.clock = clock
    }

    /// What is shown.
    var view: LiveView { state.withLock { $0.view } }

    /// Hides the cursor and draws the first frame; until ``finish(closing:)`` the terminal belongs to the screen.
    func start() {
        state.withLock { $0.isRunning = true }
        suspension.withLock {
            $0 = SuspendHandler(queue: queue) { [weak self] in
                self?.send(Screen.showCursor)
            } resume: { [weak self] in
                self?.state.withLock { $0.screen.leave() }
                self?.send(Screen.hideCursor)
            }
        }
        queue.async { [self] in
            send(Screen.hideCursor)
            beat()
        }
    }

    /// Takes an event and shows it.
    func show(_ event: JobEvent, at: Date) { update { $0.take(event, at: at) } }

    /// Changes the view, for example to say that it is being cancelled, and shows it.
    func update(_ change: (inout LiveView) -> Void) {
        state.withLock { change(&$0.view) }
        drawSoon()
    }

    /// Puts a line above the frame, where it stays: a log line, a notice.
    func print(_ line: String) {
        state.withLock {
            $0.above.append(symbols.clean(line))
            if $0.above.count > Self.mostLinesAbove { $0.above.removeFirst() }
        }
        drawSoon()
    }

    /// Draws the last frame, leaves it there, prints the closing lines and gives the terminal back; returns when all is written.
    ///
    /// - Parameter closing: Whether outputs, diagnostics and the final sentence follow.
    func finish(closing: Bool = true) {
        queue.sync {
            guard state.withLock({ $0.isRunning }) else { return }
            draw()
            let size = size
            let lines = state.withLock { state in
                state.isRunning = false
                state.screen.leave()
                return closing ? state.view.closing(style: LiveStyle(width: min(size.columns, 120), paint: paint, symbols: symbols)) : []
            }
            send((lines.isEmpty ? "" : "\n" + lines.map { $0 + "\n" }.joined()) + Screen.showCursor)
        }
        suspension.withLock { $0 = nil }
    }

    /// Puts the whole plan in the frame's place and gives the terminal back, for the question whether to apply it.
    func finishWithPlan() {
        clear()
        queue.sync {
            let lines = state.withLock { $0.view.plan(style: LiveStyle(width: size.columns, paint: paint, symbols: symbols)) }
            send(lines.map { $0 + "\n" }.joined() + "\n")
        }
    }

    /// Takes the frame away and gives the terminal back, for a question or another output.
    func clear() {
        queue.sync {
            let size = size
            let text = state.withLock { state in
                state.isRunning = false
                return state.screen.erase(size: (size.columns, size.rows))
            }
            send(text + Screen.showCursor)
        }
        suspension.withLock { $0 = nil }
    }

    // MARK: Frames

    private func drawSoon() {
        let isNeeded = state.withLock { state in
            guard state.isRunning, !state.isDrawing else { return false }
            state.isDrawing = true
            return true
        }
        guard isNeeded else { return }
        queue.async { [self] in
            draw()
            queue.asyncAfter(deadline: .now() + Self.gap) { [self] in
                // What came in since the frame has waited for this one.
                state.withLock { $0.isDrawing = false }
                draw()
            }
        }
    }

    /// Draws again and again, for the spinner and the clocks, until the end.
    private func beat() {
        guard state.withLock({ $0.isRunning }) else { return }
        draw()
        queue.asyncAfter(deadline: .now() + Self.tick) { [weak self] in self?.beat() }
    }

    private func draw() {
        let size = size
        let now = clock()
        let text = state.withLock { state -> String in
            guard state.isRunning else { return "" }
            let style = LiveStyle(width: size.columns, paint: paint, symbols: symbols)
            let lines = state.view.render(height: max(size.rows - 1, 1), now: now, style: style)
            defer { state.above = [] }
            return state.screen.draw(lines, above: state.above, size: (size.columns, size.rows))
        }
        send(text)
    }

    private var size: Terminal.Size { terminal.size ?? Terminal.Size(columns: 80, rows: 24) }

    private func send(_ text: String) {
        guard !text.isEmpty else { return }
        // A terminal that went away is no reason to stop the job: a worker may go on with it.
        try? terminal.write(text)
    }
}
