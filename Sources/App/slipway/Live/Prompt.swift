import Dispatch
internal import Host
import Log
import Synchronization

/// Asks for a yes, as Terraform does.
struct Prompt: Sendable {
    enum Question: Sendable {
        case apply, destroy
        /// A bold line, and what stands below it.
        case sure([String])

        var text: [String] {
            switch self {
            case .sure(let lines): lines
            case .apply:
                [
                    "Do you want to perform these actions?", "  Terraform will perform the actions described above.",
                    "  Only 'yes' will be accepted to approve.",
                ]
            case .destroy:
                [
                    "Do you really want to destroy all resources?",
                    "  Terraform will destroy all your managed infrastructure, as shown above.",
                    "  There is no undo. Only 'yes' will be accepted to confirm.",
                ]
            }
        }
    }

    let input: Terminal
    let output: Terminal
    let paint: Paint

    init(input: Terminal = .standardInput, output: Terminal = .standardOutput, paint: Paint) {
        self.input = input
        self.output = output
        self.paint = paint
    }

    /// Someone is there to answer.
    var isPossible: Bool { input.isTerminal && output.isTerminal }

    /// Asks and waits for a line; its end, or the task's cancellation, means no.
    func ask(_ question: Question) async -> Bool {
        let lines = question.text
        let text = [paint.bold(lines[0])] + lines.dropFirst() + ["", paint.bold("  Enter a value: ")]
        let shown = Harmless.printed(text.joined(separator: "\n"), colours: paint.isOn ? Paint.codes : [])
        guard (try? output.write(shown)) != nil else { return false }  // nobody can see the question
        let answer = await line()
        _ = try? output.write(answer == nil ? "\n\n" : "\n")  // only for the look
        return Self.isYes(answer)
    }

    /// Only `yes`, with blanks around it at most.
    static func isYes(_ answer: String?) -> Bool {
        guard let answer else { return false }
        return answer.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed() == Array("yes")
    }

    /// Reads on a queue of its own: the wait for a person must not hold a thread of Swift's pool.
    private func line() async -> String? {
        let wanted = Wanted()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue(label: "slipway.prompt").async {
                    continuation.resume(returning: input.readLine { wanted.isWanted })
                }
            }
        } onCancel: {
            wanted.end()
        }
    }

    private final class Wanted: Sendable {
        private let value = Mutex(true)
        var isWanted: Bool { value.withLock { $0 } }
        func end() { value.withLock { $0 = false } }
    }
}
