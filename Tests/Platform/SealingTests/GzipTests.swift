import Sealing
import Testing

@Suite struct `Gzip compression` {
    @Test(arguments: [0, 1, 1000, 3_000_000]) func `Gives back what it packed`(count: Int) throws {
        let plain = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
        for level: Int32 in [1, 6, 9] {
            let packed = try Gzip.compress(plain, level: level)
            #expect(packed.starts(with: [0x1F, 0x8B]))
            #expect(try Gzip.decompress(packed, limit: count) == plain)
        }
    }

    @Test func `Takes members one after the other, and zeros after them`() throws {
        let packed = try Gzip.compress([1]) + Gzip.compress([]) + Gzip.compress([2, 3]) + [UInt8](repeating: 0, count: 700)
        #expect(try Gzip.decompress(packed, limit: 3) == [1, 2, 3])
        #expect(throws: SealingError(.notCompressed)) { try Gzip.decompress(packed + [1], limit: 3) }
        #expect(throws: SealingError(.tooLarge(size: 3, limit: 2))) { try Gzip.decompress(packed, limit: 2) }
    }

    @Test func `Refuses more members than any program makes, and takes as many as allowed in no time`() throws {
        let empty = try Gzip.compress([])
        let most = [UInt8]((0..<Gzip.memberLimit).map { _ in empty }.joined())
        // A buffer or a copy of the rest for each member would take minutes.
        let clock = ContinuousClock()
        let duration = try clock.measure { _ = try Gzip.decompress(most, limit: 0) }
        #expect(duration < .seconds(2))
        #expect(throws: SealingError(.tooManyMembers(limit: Gzip.memberLimit))) { try Gzip.decompress(most + empty, limit: 0) }
    }

    @Test func `Refuses what unpacks to more than so many times its size, beyond the first megabyte`() throws {
        let dense = try Gzip.compress([UInt8](repeating: 0, count: 2 << 20), level: 9)
        #expect(try Gzip.decompress(dense, limit: 2 << 20).count == 2 << 20)
        #expect(throws: SealingError(.tooDense(ratio: 250))) { try Gzip.decompress(dense, limit: 2 << 20, ratio: 250) }
        let short = try Gzip.compress([UInt8](repeating: 0, count: Gzip.ratioFreeSize), level: 9)
        #expect(try Gzip.decompress(short, limit: 2 << 20, ratio: 250).count == Gzip.ratioFreeSize)
        #expect(throws: SealingError(.tooLarge(size: 101, limit: 100))) { try Gzip.decompress(short, limit: 100, ratio: 250) }
    }
}
