import Dispatch
import Domain
import Events
import FoundationEssentials
import Glibc
import Host
import Synchronization
import Testing

@testable import slipway

@Suite struct ScreenTests {
    @Test(arguments: 0..<20) func `whatever frames follow each other, the last one is what stands there`(seed: UInt64) {
        var random = SplitMix(state: seed)
        var glass = Glass(columns: 40, rows: 12)
        var screen = Screen()
        glass.feed("$ slipway deploy\r\n")
        var kept = ["$ slipway deploy"]
        for step in 0..<60 {
            let lines = (0..<Int.random(in: 1...10, using: &random)).map { _ in
                String("abc日 déf".shuffled(using: &random).prefix(Int.random(in: 0...8, using: &random)))
            }
            let above = Int.random(in: 0..<5, using: &random) == 0 ? ["log \(step)"] : []
            kept += above
            glass.feed(screen.draw(lines, above: above, size: (40, 12)))
            // All of the frame is there, above it what was printed before, as much of it as hasn't scrolled away.
            let expected = (kept + lines).map(\.droppingBlankEnd).droppingEmptyEnd
            #expect(glass.text == Array(expected.suffix(glass.text.count)))
            #expect(glass.text.count >= min(lines.map(\.droppingBlankEnd).droppingEmptyEnd.count, 11))
            #expect(glass.row == (glass.hasScrolled ? glass.row : kept.count + lines.count))
        }
        glass.feed(screen.erase(size: (40, 12)))
        #expect(glass.text == Array(kept.suffix(glass.text.count)))
    }

    @Test func `an unchanged frame costs nothing, a changed line only itself`() {
        var screen = Screen()
        _ = screen.draw(["one", "two", "three"], size: (80, 24))
        #expect(screen.draw(["one", "two", "three"], size: (80, 24)).isEmpty)
        let text = screen.draw(["one", "2", "three"], size: (80, 24))
        #expect(text.contains("2") && !text.contains("one") && !text.contains("three"))
    }

    @Test func `a live screen leaves the result and a visible cursor behind`() async throws {
        let pty = try PseudoTerminal()
        let screen = LiveScreen(Recorded.view(), terminal: pty.terminal, paint: .colour, symbols: .unicode, clock: { Recorded.start })
        screen.start()
        for (offset, event) in Recorded.untilApply + Recorded.success { screen.show(event, at: Recorded.start.addingTimeInterval(offset)) }
        screen.print("a notice")
        screen.finish()
        var glass = Glass(columns: 80, rows: 40)
        await glass.feed(pty.close())
        #expect(glass.isCursorVisible)
        #expect(glass.text.contains("✓ Deployed. 2 added, 1 changed, 1 destroyed in 9.0s."))
        #expect(glass.text.filter { $0.contains("Deploying shop") }.count == 1)
        #expect(glass.text.contains("a notice"))
    }

    @Test func `a cleared screen leaves nothing but a visible cursor`() async throws {
        let pty = try PseudoTerminal()
        let screen = LiveScreen(Recorded.crowd(10), terminal: pty.terminal, paint: .plain, symbols: .unicode)
        screen.start()
        screen.clear()
        var glass = Glass(columns: 80, rows: 24)
        await glass.feed(pty.close())
        #expect(glass.isCursorVisible)
        #expect(glass.text.isEmpty)
    }

    @Test func `every event reaches the terminal, also in a burst`() async throws {
        let pty = try PseudoTerminal()
        let screen = LiveScreen(Recorded.view(), terminal: pty.terminal, paint: .plain, symbols: .unicode)
        screen.start()
        for number in 0..<40 {
            screen.show(.stage(StageReport(stage: .apply, progress: 60, message: "step \(number);")), at: Date())
            let wasSeen = await pty.wait(for: "step \(number);", limit: .seconds(60))
            #expect(wasSeen)
        }
        screen.finish()
        _ = await pty.close()
    }
}

/// The far end of a terminal of 80 columns and 24 rows (it says no size), collecting what is written to it.
private final class PseudoTerminal: Sendable {
    let terminal: Terminal
    private let primary: Int32
    private let collected = Mutex<(bytes: [UInt8], isOver: Bool)>(([], false))

    init() throws {
        primary = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var locked: Int32 = 0
        var number: Int32 = -1
        // TIOCSPTLCK and TIOCGPTN, as unlockpt(3) and ptsname(3) use them; Swift's Glibc module has neither.
        guard primary >= 0, ioctl(primary, 0x4004_5431, &locked) == 0, ioctl(primary, 0x8004_5430, &number) == 0 else {
            throw HostError(errno: errno, doing: "open", path: "/dev/ptmx")
        }
        terminal = Terminal(descriptor: open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC))
        let descriptor = primary
        // On a queue: the wait must not hold a thread of Swift's pool.
        DispatchQueue(label: "test.terminal").async { [self] in
            var buffer = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                guard count > 0 else { break }
                collected.withLock { $0.bytes += buffer[0..<count] }
            }
            collected.withLock { $0.isOver = true }
        }
    }

    func wait(for text: String, limit: Duration) async -> Bool {
        let needle = Array(text.utf8)
        return await until(limit) { state in state.bytes.count >= needle.count && state.bytes.contains(needle) }
    }

    /// Ends the terminal; everything that was written to it.
    func close() async -> String {
        _ = Glibc.close(terminal.descriptor)
        _ = await until(.seconds(10)) { $0.isOver }
        _ = Glibc.close(primary)
        return collected.withLock { String(decoding: $0.bytes, as: UTF8.self) }
    }

    private func until(_ limit: Duration, _ condition: @Sendable ((bytes: [UInt8], isOver: Bool)) -> Bool) async -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if collected.withLock({ condition($0) }) { return true }
            try? await Task.sleep(for: .milliseconds(1))
        }
        return collected.withLock { condition($0) }
    }
}

/// What a terminal would show: only the sequences that ``Screen`` uses.
private struct Glass {
    let columns: Int
    let rows: Int
    private(set) var isCursorVisible = true
    private var lines: [[Character]]
    private(set) var row = 0
    private(set) var hasScrolled = false
    private var column = 0

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        lines = Array(repeating: [], count: rows)
    }

    /// The lines down to the last that isn't empty.
    var text: [String] {
        lines.map { String($0.filter { $0 != "\0" }).droppingBlankEnd }.droppingEmptyEnd
    }

    mutating func feed(_ text: String) {
        var rest = Array(text.unicodeScalars)[...]
        var plain = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == "\u{1B}", rest.first == "[" {
                put(String(plain))
                plain = .init()
                rest.removeFirst()
                let parameters = String(String.UnicodeScalarView(rest.prefix { !("\u{40}"..."\u{7E}").contains($0) }))
                rest = rest.dropFirst(parameters.unicodeScalars.count)
                guard let final = rest.popFirst() else { return }
                control(final, parameters)
            } else {
                plain.append(scalar)
            }
        }
        put(String(plain))
    }

    private mutating func control(_ final: Unicode.Scalar, _ parameters: String) {
        switch (final, parameters) {
        case ("A", _): row = max(0, row - (Int(parameters) ?? 1))
        case ("K", _): lines[row] = Array(lines[row].prefix(column))
        case ("J", ""):
            lines[row] = Array(lines[row].prefix(column))
            for below in (row + 1)..<max(rows, row + 1) { lines[below] = [] }
        case ("h", "?25"): isCursorVisible = true
        case ("l", "?25"): isCursorVisible = false
        case ("h", "?2026"), ("l", "?2026"), ("m", _): break
        default: Issue.record("an unknown sequence: \(parameters)\(final)")
        }
    }

    private mutating func put(_ text: String) {
        for character in text {
            switch character {
            case "\r\n":
                column = 0
                down()
            case "\r": column = 0
            // A terminal's driver makes a carriage return and a line feed of a line feed.
            case "\n":
                column = 0
                down()
            default:
                while lines[row].count < column { lines[row].append(" ") }
                let cells = [character] + Array(repeating: "\0", count: max(0, TextWidth.columns(of: character) - 1))
                lines[row].replaceSubrange(column..<min(column + cells.count, lines[row].count), with: cells)
                column += cells.count
            }
        }
    }

    private mutating func down() {
        row += 1
        guard row == rows else { return }
        hasScrolled = true
        lines.removeFirst()
        lines.append([])
        row = rows - 1
    }
}

extension RangeReplaceableCollection where Element == String, Self: BidirectionalCollection {
    fileprivate var droppingEmptyEnd: [String] {
        var lines = Array(self)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

extension String {
    fileprivate var droppingBlankEnd: String { String(reversed().drop { $0 == " " }.reversed()) }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
