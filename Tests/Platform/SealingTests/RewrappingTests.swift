import Sealing
import Testing

@Suite struct `Rewrapping` {
    private let keyring: Keyring
    private let plain = Array("A small state, sealed.".utf8)

    init() throws { keyring = try .temporary(keyCount: 3) }

    @Test(arguments: [0, 1000, 100_000])
    func `Changes the key part and nothing else`(count: Int) throws {
        let plain = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let sealed = try Envelope.seal(plain, with: keyring, context: "test/1")
        let name = keyring.keyNames[1]
        let changed = try Envelope.rewrap(sealed, with: keyring, context: "test/1", to: name)
        #expect(try EnvelopeHeader(of: changed).keyName == name)
        #expect(changed.prefix(56) == sealed.prefix(56))
        let bodySize = try EnvelopeHeader(of: sealed).bodyLength + 16
        #expect(changed.suffix(bodySize) == sealed.suffix(bodySize))
        #expect(try Envelope.open(changed, with: keyring, context: "test/1") == plain)
        let back = try Envelope.rewrap(changed, with: keyring, context: "test/1", to: keyring.activeKeyName)
        #expect(try Envelope.open(back, with: keyring, context: "test/1") == plain)
        #expect(try Envelope.rewrap(back, with: keyring, context: "test/1", to: keyring.activeKeyName) == back)
    }

    @Test func `Works on the header alone, which is found by its key's name`() throws {
        let sealed = try Envelope.seal(plain, with: keyring, context: "test/1")
        let header = try EnvelopeHeader(head: Array(sealed.prefix(EnvelopeHeader.largestSize)))
        let head = try Envelope.rewrap(head: header, with: keyring, context: "test/1", to: keyring.keyNames[2])
        #expect(head.old == Array(sealed.prefix(head.old.count)))
        let changed = head.new + sealed.dropFirst(head.old.count)
        #expect(try Envelope.open(changed, with: keyring, context: "test/1") == plain)
        let field = EnvelopeHeader.keyField(keyring.keyNames[2])
        #expect(changed.dropFirst(EnvelopeHeader.keyFieldOffset).starts(with: field))
        let found = Array(changed.dropFirst(EnvelopeHeader.keyFieldOffset).prefix(EnvelopeHeader.largestKeyField))
        #expect(EnvelopeHeader.keyName(inField: found) == keyring.keyNames[2])
        #expect(EnvelopeHeader.keyName(inField: []) == nil)
        #expect(EnvelopeHeader.keyName(inField: [200, 60, 0, 65]) == nil)
    }

    @Test func `Needs both keys, the right place, and an undamaged header`() throws {
        let sealed = try Envelope.seal(plain, with: keyring, context: "test/1")
        let stranger = try Keyring.temporary()
        #expect(throws: SealingError(.unknownKey(keyring.activeKeyName))) {
            try Envelope.rewrap(sealed, with: stranger, context: "test/1", to: stranger.activeKeyName)
        }
        #expect(throws: SealingError(.unknownKey("none"))) { try Envelope.rewrap(sealed, with: keyring, context: "test/1", to: "none") }
        #expect(throws: SealingError(.wrongContext(expected: "test/2"))) {
            try Envelope.rewrap(sealed, with: keyring, context: "test/2", to: keyring.keyNames[1])
        }
        let header = try EnvelopeHeader(of: sealed)
        for position in 8..<(sealed.count - header.bodyLength - 16) {
            var damaged = sealed
            damaged[position] ^= 1
            #expect(throws: SealingError.self) {
                try Envelope.rewrap(damaged, with: keyring, context: "test/1", to: keyring.keyNames[1])
            }
        }
    }
}
