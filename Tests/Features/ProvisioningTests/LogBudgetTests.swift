import Testing

@testable import Provisioning

@Suite struct LogBudgetTests {
    private let start = ContinuousClock.now

    private func line(_ number: Int) -> LogBudget.Entry { LogBudget.Entry(events: [], text: "line \(number)\n") }

    @Test func `what is within the budget passes as it comes`() {
        var budget = LogBudget()
        for number in 0..<1000 { #expect(budget.take(line(number), at: start) == [line(number)]) }
        #expect(budget.end().isEmpty)
    }

    @Test func `beyond the whole budget the beginning and the end are kept, and how much was left out between them`() {
        var budget = LogBudget(most: 10_000, rate: .max, tailSize: 1000)
        var shown: [LogBudget.Entry] = []
        // A second apart each, so that only the whole counts.
        for number in 0..<100_000 { shown += budget.take(line(number), at: start + .seconds(number)) }
        #expect(shown.first == line(0) && shown.count < 200)
        let end = budget.end()
        #expect(end.count < 20 && end.last == line(99_999))
        #expect(end.first?.text.hasPrefix("… ") == true && end.first?.events.count == 1)
        let left = 100_000 - shown.count - (end.count - 1)
        #expect(end.first?.text.contains("\(left) lines") == true, "\(end.first?.text ?? "")")
        #expect(budget.end().isEmpty)
    }

    @Test func `a burst is cut, and the next second goes on with the burst's end`() {
        var budget = LogBudget(most: .max, rate: 1000, tailSize: 300)
        var shown: [LogBudget.Entry] = []
        for number in 0..<5000 { shown += budget.take(line(number), at: start) }
        #expect(shown.count < 20)
        let next = budget.take(line(5000), at: start + .seconds(1))
        #expect(next.first?.text.hasPrefix("… ") == true)
        #expect(next.suffix(2) == [line(4999), line(5000)])
        #expect(budget.take(line(5001), at: start + .seconds(1)) == [line(5001)])
    }
}
