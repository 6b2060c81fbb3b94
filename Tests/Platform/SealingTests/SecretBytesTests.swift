import Sealing
import Testing

@Suite struct `Secret bytes` {
    @Test func `Are wiped when they go out of scope`() throws {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 16)
        defer { memory.deallocate() }
        memory.copyBytes(from: try RandomBytes.make(count: 64))
        func use(_ secret: consuming SecretBytes) -> Int { secret.bytes.count { $0 != 0 } }
        #expect(use(SecretBytes(in: memory)) > 32)
        #expect(memory.allSatisfy { $0 == 0 })
    }

    @Test func `Are wiped when an error ends their scope`() throws {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 16)
        defer { memory.deallocate() }
        memory.copyBytes(from: try RandomBytes.make(count: 32))
        #expect(throws: SealingError.self) {
            let secret = SecretBytes(in: memory)
            _ = try AESGCM.seal([1], key: secret, nonce: [])
        }
        #expect(memory.allSatisfy { $0 == 0 })
    }

    @Test func `Wipe the array they are taken from`() {
        var source: [UInt8] = [1, 2, 3, 4]
        let secret = SecretBytes(wiping: &source)
        #expect(source == [0, 0, 0, 0])
        #expect(secret.bytes == [1, 2, 3, 4])
    }

    @Test func `Are random when asked for`() throws {
        let first = try SecretBytes.random(count: 32)
        let second = try SecretBytes.random(count: 32)
        #expect(first.bytes != second.bytes)
        #expect(try RandomBytes.make(count: 0).isEmpty)
    }
}
