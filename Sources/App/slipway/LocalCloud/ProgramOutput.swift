import Log
import Synchronization

/// What a program prints, kept short, for somebody who waits for a word of it.
final class ProgramOutput: Sendable {
    private struct State {
        var text = ""
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private static let limit = 16 * 1024
    private let state = Mutex(State())

    var text: String { state.withLock { $0.text } }

    /// Takes a piece; none is the end.
    func add(_ piece: [UInt8]) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            if piece.isEmpty { state.hasEnded = true }
            state.text = String((state.text + String(decoding: piece, as: UTF8.self)).suffix(Self.limit))
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until the word is there; false when the program ended without it.
    func wait(for word: String) async -> Bool {
        while true {
            let answer = state.withLock { state in state.text.contains(word) ? true : state.hasEnded ? false : nil }
            if let answer { return answer }
            await withCheckedContinuation { continuation in
                let mustLookAgain = state.withLock { state -> Bool in
                    if state.hasEnded || state.text.contains(word) { return true }
                    state.waiters.append(continuation)
                    return false
                }
                if mustLookAgain { continuation.resume() }
            }
        }
    }

    /// The last line, for an error.
    var lastLine: String { text.split(separator: "\n").last.map { Harmless.line(String($0)) } ?? "it said nothing" }
}
