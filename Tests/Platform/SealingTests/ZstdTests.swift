import Sealing
import Testing

@Suite struct `Zstd compression` {
    private let text = Array(String(repeating: "{\"type\":\"terraform_data\",\"name\":\"one\"}\n", count: 2000).utf8)

    @Test func `Gives back what it packed`() throws {
        let packed = try Zstd.compress(text)
        #expect(packed.count < text.count / 20)
        #expect(try Zstd.decompress(packed, limit: text.count) == text)
        #expect(try Zstd.decompress(Zstd.compress([]), limit: 0).isEmpty)
    }

    @Test func `A frame over the limit is refused with its size`() throws {
        let packed = try Zstd.compress(text)
        #expect(throws: SealingError(.tooLarge(size: UInt64(text.count), limit: text.count - 1))) {
            try Zstd.decompress(packed, limit: text.count - 1)
        }
    }

    @Test func `A frame that says it is huge takes no memory`() throws {
        // Magic, a frame header with a content size of 8 bytes in a single segment: 2^60 bytes.
        let lying: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x10, 1, 0, 0]
        #expect(throws: SealingError(.tooLarge(size: 1 << 60, limit: 1 << 20))) { try Zstd.decompress(lying, limit: 1 << 20) }
    }

    @Test func `A frame that holds more than it says is refused`() throws {
        var packed = try Zstd.compress(text)
        // Two frames one after the other unpack to twice the size that the first one says.
        packed += packed
        #expect(throws: SealingError(.notCompressed)) { try Zstd.decompress(packed, limit: .max) }
    }

    @Test(arguments: [[], [1, 2, 3], Array("not zstd at all, but plain text".utf8)] as [[UInt8]])
    func `Anything else is refused`(bytes: [UInt8]) {
        #expect(throws: SealingError(.notCompressed)) { try Zstd.decompress(bytes, limit: 1000) }
    }

    @Test func `A frame that was cut off is refused`() throws {
        let packed = try Zstd.compress(text)
        for length in [1, 5, 10, packed.count / 2, packed.count - 1] {
            #expect(throws: SealingError(.notCompressed)) { try Zstd.decompress(Array(packed.prefix(length)), limit: text.count) }
        }
    }
}
