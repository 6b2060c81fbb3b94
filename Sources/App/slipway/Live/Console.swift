import FoundationEssentials
internal import Host
import Log
import Synchronization

/// Where commands print: what the terminal can show is found out once, and a reader that goes away (`| head`) ends printing quietly.
final class Console: Sendable {
    let paint: Paint
    let errorPaint: Paint
    let symbols: Symbols
    /// Someone watches the output live.
    let isTerminal: Bool
    private let output: Terminal
    private let error: Terminal
    private let failure: Mutex<HostError?> = Mutex(nil)

    init(output: Terminal = .standardOutput, error: Terminal = .standardError, environment: [String: String]) {
        self.output = output
        self.error = error
        isTerminal = output.isTerminal && environment["TERM"] != "dumb"
        paint = Paint(isTerminal: output.isTerminal, environment: environment)
        errorPaint = Paint(isTerminal: error.isTerminal, environment: environment)
        symbols = Symbols.suited(to: environment)
    }

    /// Columns of the terminal; nil when the output is none.
    var width: Int? { output.isTerminal ? output.size?.columns ?? 80 : nil }

    /// For the live view and what is printed beside it.
    var style: LiveStyle { LiveStyle(width: min(width ?? 80, 120), paint: paint, symbols: symbols) }

    /// Why output was lost, if it was: a full disk, say.
    ///
    /// A closed pipe is no failure. The program exits with 1 when there is one.
    var lostOutput: HostError? { failure.withLock { $0.flatMap { $0.isClosedPipe ? nil : $0 } } }

    /// Nobody reads any more.
    var isClosed: Bool { failure.withLock { $0 != nil } }

    /// Prints text and a line end on standard output.
    func print(_ text: String = "") { write(text + "\n") }

    /// Prints text on standard output: as it is for a program, and for a person without what the terminal would obey, but for our colours.
    ///
    /// Everything that commands print for people comes by here: whatever a run or somebody else has put into a name or a value ends here.
    func write(_ text: String) {
        send(isForPerson ? Harmless.printed(text, colours: paint.isOn ? Paint.codes : []) : text)
    }

    /// Prints a JSON document and a line end: the same one for a person and for a program.
    func document(_ json: String) { send((isForPerson ? Harmless.json(json) : json) + "\n") }

    /// Prints text over the line that was printed last.
    func rewrite(_ text: String) {
        send("\r")
        write(text)
    }

    private var isForPerson: Bool { output.isTerminal }

    private func send(_ text: String) {
        guard !isClosed else { return }
        do {
            try output.write(text)
        } catch {
            failure.withLock { $0 = error }
        }
    }

    /// Prints `error: …` on standard error, with a hint below it.
    func complain(_ message: String, hint: String? = nil) {
        let text = Harmless.lines(message).map(symbols.clean).joined(separator: "\n")
        let rest = hint.map { "\n" + errorPaint.dim(symbols.clean($0)) } ?? ""
        try? error.write(errorPaint.red("error:") + " \(text)\(rest)\n")  // there is nowhere left to say so
    }

    /// Prints a line on standard error that is no result: a notice, a warning.
    func note(_ message: String) {
        try? error.write(Harmless.lines(message).map(symbols.clean).joined(separator: "\n") + "\n")  // as above
    }

    /// Prints a usage error; the exit code is ``ExitCode/usage``.
    func complain(_ error: UsageError) { complain(error.message, hint: error.hint) }
}
