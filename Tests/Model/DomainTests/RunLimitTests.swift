import Domain
import Testing

@Suite struct `The limits of a run` {
    @Test(arguments: [
        (RunLimit.memory, "64", 67_108_864.0), (.processes, "32", 32), (.files, "16384", 16_384), (.disk, "16", 16_777_216),
        (.log, "1", 1_048_576), (.processors, "0.1", 0.1), (.processors, "1.5", 1.5), (.processors, "4", 4),
    ])
    func `a number in its unit is an amount, and reads back`(limit: RunLimit, text: String, amount: Double) throws {
        #expect(limit.amount(text) == amount && limit.allows(amount))
        #expect(limit.text(amount).split(separator: " ").first.map(String.init) == text)
    }

    @Test(arguments: RunLimit.allCases)
    func `what is no number, too little or too much is none, and nothing ends the process`(limit: RunLimit) {
        for text in [
            "", "x", "nan", "-nan", "inf", "-inf", "-1", "0", "0.09", "1e300", "-1e300", "9223372036854775807", "9223372036854775808",
            "1,5",
        ] {
            #expect(limit.amount(text) == nil, "\(limit) \(text)")
        }
        for amount: Double in [.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -1, 0, .leastNonzeroMagnitude] {
            #expect(!limit.allows(amount))
            #expect(limit.allows(limit.clamped(amount)), "\(limit) \(amount)")
            #expect(!limit.text(amount).isEmpty)
        }
        #expect(limit.allows(limit.range.lowerBound) && limit.allows(limit.range.upperBound))
        #expect(limit.allows(limit.range.lowerBound + 0.5) == !limit.isWhole)
    }

    @Test func `an organization's own are clamped, and gone with nil`() {
        var own = OwnLimits()
        #expect(own.isEmpty)
        own[.memory] = 1e300
        own[.log] = .nan
        #expect(own.whole(.memory) == 1 << 49 && own.whole(.log) == 1 << 20 && own[.processors] == nil)
        own[.memory] = nil
        own[.log] = nil
        #expect(own.isEmpty)
    }

    @Test func `an amount that is no whole number of MiB is shown in bytes`() {
        #expect(RunLimit.memory.text(100 * 1_048_576) == "100 MiB" && RunLimit.memory.text(100_000_001) == "100000001 bytes")
        #expect(RunLimit.processors.wanted == "a number of processors from 0.1 to 8192")
    }
}
