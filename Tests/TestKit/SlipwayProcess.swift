package import Host
internal import Synchronization

/// A command of the program that runs in the background: its lines can be waited for, and it can be killed.
package final class SlipwayProcess: Sendable {
    private struct Heard {
        var rest: [UInt8] = []
        var lines: [String] = []
        var errors: [UInt8] = []
        /// How many of the two streams ended.
        var endCount = 0

        mutating func addError(_ piece: [UInt8]) {
            if piece.isEmpty { endCount += 1 }
            errors += piece
        }

        mutating func add(_ piece: [UInt8]) {
            if piece.isEmpty { endCount += 1 }
            rest += piece
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(String(decoding: rest[..<end], as: UTF8.self))
                rest.removeFirst(end + 1)
            }
        }
    }

    /// What the process says, shared with the callbacks that outlive nobody.
    private final class Ear: Sendable {
        let heard = Mutex(Heard())
    }

    package let words: [String]
    package let child: ChildProcess
    private let ear: Ear

    init(_ command: ChildProcess.Command, _ words: [String]) throws {
        let ear = Ear()
        var command = command
        command.output = .pieces { piece in ear.heard.withLock { $0.add(piece) } }
        command.errorOutput = .pieces { piece in ear.heard.withLock { $0.addError(piece) } }
        self.words = words
        self.ear = ear
        child = try ChildProcess.start(command)
    }

    deinit { child.signal(9) }

    /// The whole lines of its output so far.
    package var lines: [String] { ear.heard.withLock { $0.lines } }
    package var errors: String { String(decoding: ear.heard.withLock { $0.errors }, as: UTF8.self) }
    package var pid: Int32 { child.pid }

    /// It has ended, and everything that it said is here.
    package var isOver: Bool {
        guard child.status != nil else { return false }
        // Something that it started may hold the other ends open.
        child.finishReading()
        return ear.heard.withLock { $0.endCount == 2 }
    }

    /// Waits for a line, and gives the first one that fits.
    ///
    /// - Throws: ``TooLate``, also when the process ends without it.
    @discardableResult
    package func line(_ what: String, within limit: Duration = .seconds(90), where fits: (String) -> Bool) async throws -> String {
        let end = ContinuousClock.now + limit
        while true {
            let isOver = isOver
            if let line = lines.first(where: fits) { return line }
            guard !isOver, ContinuousClock.now < end else {
                let state = isOver ? "it ended" : "\(limit)"
                throw TooLate(description: "\(what) from \(words.joined(separator: " ")) (\(state)): \(lines.suffix(20)) \(errors)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Waits for its end, and gives its exit code; 128 and the signal's number when it was killed.
    package func end(within limit: Duration = .seconds(120)) async throws -> Int32 {
        let child = child
        let status = try await within(limit, "the end of \(words.joined(separator: " "))") {
            let status = await child.wait()
            while !self.isOver { try await Task.sleep(for: .milliseconds(2)) }
            return status
        }
        return Slipway.number(status.end)
    }
}
