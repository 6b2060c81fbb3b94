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
}
