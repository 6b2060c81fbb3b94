import Testing

@testable import Storage

/// The line before connections and the writer.
@Suite struct FIFOTests {
    @Test func `what comes first leaves first, however long the line`() {
        var line = FIFO<Int>()
        var (next, left) = (0, [Int]())
        for round in 0..<200 {
            for _ in 0..<(round % 40) {
                line.append(next)
                next += 1
            }
            for _ in 0..<(round % 37) { if let number = line.popFirst() { left.append(number) } }
        }
        while let number = line.popFirst() { left.append(number) }
        #expect(left == Array(0..<next))
        #expect(line.isEmpty)
        #expect(line.popFirst() == nil)
    }
}
