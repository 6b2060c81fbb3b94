internal import Events

/// How much of what a run chatters is kept: its beginning, its end, and never more in a second than a person or the database can take.
///
/// What Terraform says about resources, plans and errors isn't chatter, and always kept.
struct LogBudget: Sendable {
    struct Entry: Sendable, Equatable {
        var events: [JobEvent]
        var text: String
    }

    /// Bytes that are kept as they come.
    private let most: Int
    /// Bytes a second that are kept as they come.
    private let rate: Int
    /// Bytes that are held back for the end, or for the next second.
    private let tailSize: Int

    private var kept = 0
    private var second: ContinuousClock.Instant?
    private var keptInSecond = 0
    /// The last of what was left out, oldest first, from `tailStart` on.
    private var tail: [Entry] = []
    private var tailStart = 0
    private var tailBytes = 0
    private var leftOut = 0

    init(most: Int = 16 << 20, rate: Int = 1 << 20, tailSize: Int = 256 << 10) {
        self.most = most
        self.rate = rate
        self.tailSize = tailSize
    }

    /// Takes a line.
    ///
    /// - Parameters:
    ///   - entry: What it comes to.
    ///   - now: By the clock that only goes forward.
    /// - Returns: What is to be recorded now, in order.
    mutating func take(_ entry: Entry, at now: ContinuousClock.Instant) -> [Entry] {
        var due: [Entry] = []
        if second.map({ now - $0 >= .seconds(1) }) ?? true {
            second = now
            keptInSecond = 0
            if kept < most { due = release() }
        }
        let size = entry.text.utf8.count + 64
        guard kept < most, keptInSecond < rate, tail.isEmpty else {
            hold(entry, size)
            return due
        }
        kept += size
        keptInSecond += size
        return due + [entry]
    }

    /// What was held back, when no more lines come.
    mutating func end() -> [Entry] { release() }

    // MARK: - Details

    private mutating func hold(_ entry: Entry, _ size: Int) {
        tail.append(entry)
        tailBytes += size
        while tailBytes > tailSize, tailStart < tail.count - 1 {
            tailBytes -= tail[tailStart].text.utf8.count + 64
            tail[tailStart] = Entry(events: [], text: "")
            tailStart += 1
            leftOut += 1
        }
        // Moved once for as many as are dropped: each line costs the same, however many come.
        if tailStart > 1024, tailStart * 2 > tail.count {
            tail.removeFirst(tailStart)
            tailStart = 0
        }
    }

    private mutating func release() -> [Entry] {
        defer { (tail, tailStart, tailBytes, leftOut) = ([], 0, 0, 0) }
        kept += tailBytes
        keptInSecond += tailBytes
        guard leftOut > 0 else { return Array(tail[tailStart...]) }
        let lines = leftOut == 1 ? "1 line is" : "\(leftOut) lines are"
        let note = "… \(lines) left out here: the run writes more than is kept."
        return [Entry(events: [.log(LogLine(level: "warn", text: note))], text: note + "\n")] + tail[tailStart...]
    }
}
