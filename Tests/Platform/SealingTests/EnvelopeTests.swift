import Sealing
import Testing

@Suite struct `Sealed messages` {
    private let keyring: Keyring
    private let plain = Array("A small state, sealed.".utf8)

    init() throws { keyring = try .temporary() }

    @Test(arguments: [0, 1, 15, 16, 17, 1024, 1025, 100_000, 3_000_000])
    func `Gives back what it sealed`(count: Int) throws {
        let plain = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
        for compress in [true, false] {
            let sealed = try Envelope.seal(plain, with: keyring, context: "test/1", compress: compress)
            #expect(try Envelope.open(sealed, with: keyring, context: "test/1") == plain)
            #expect(try EnvelopeHeader(of: sealed).isCompressed == (compress && count > 1024))
            #expect(sealed.count <= count + 200)
        }
    }

    @Test func `Compresses only when that saves a tenth`() throws {
        let noise = try RandomBytes.make(count: 50_000)
        let sealed = try Envelope.seal(noise, with: keyring, context: "test/1")
        #expect(try !EnvelopeHeader(of: sealed).isCompressed)
        #expect(try Envelope.open(sealed, with: keyring, context: "test/1") == noise)
    }

    @Test func `Two messages share nothing but their header's beginning`() throws {
        let first = try Envelope.seal(plain, with: keyring, context: "test/1")
        let second = try Envelope.seal(plain, with: keyring, context: "test/1")
        #expect(first.dropFirst(44) != second.dropFirst(44))
        #expect(first.suffix(plain.count + 16) != second.suffix(plain.count + 16))
    }

    @Test(arguments: 0..<220)
    func `Any changed byte is noticed`(position: Int) throws {
        let sealed = try Envelope.seal(plain, with: keyring, context: "test/1")
        guard position < sealed.count else { return }
        for mask: UInt8 in [0x01, 0x80, 0xff] {
            var changed = sealed
            changed[position] ^= mask
            let error = #expect(throws: SealingError.self) { try Envelope.open(changed, with: keyring, context: "test/1") }
            let description = error.map { "\($0)" } ?? ""
            #expect(!description.contains("small state"))
            try expectReason(error?.reason, position: position, size: sealed.count, keyNameLength: keyring.activeKeyName.utf8.count)
        }
    }

    private func expectReason(_ reason: SealingError.Reason?, position: Int, size: Int, keyNameLength: Int) throws {
        let keyEnd = 60 + keyNameLength
        switch (position, try #require(reason)) {
        case (0..<8, .notSealed), (8, .unknownVersion), (9, .unknownAlgorithm), (56, .unknownKeyKind): break
        case (10, .unknownFlags), (10, .keyMismatch): break
        case (12..<20, .keyMismatch), (12..<20, .damaged): break
        case (20..<28, .truncated), (20..<28, .overlong), (20..<28, .damaged): break
        case (28..<44, .wrongContext), (44..<56, .keyMismatch): break
        case (57, .truncated), (57, .damaged), (57, .unknownKey), (57, .overlong): break
        case (60..<keyEnd, .unknownKey), (60..<keyEnd, .damaged): break
        case (keyEnd..<keyEnd + 60, .keyMismatch): break
        case (11, .damaged), (58..<60, .damaged), (keyEnd + 60..<size, .damaged): break
        default: Issue.record("byte \(position): \(String(describing: reason))")
        }
    }

    @Test func `Any missing end and any surplus is noticed`() throws {
        let sealed = try Envelope.seal(plain, with: keyring, context: "test/1")
        for length in 0..<sealed.count {
            let error = #expect(throws: SealingError.self) {
                try Envelope.open(Array(sealed.prefix(length)), with: keyring, context: "test/1")
            }
            guard case .truncated(_, length) = error?.reason else {
                #expect(length < 8 && error?.reason == .notSealed)
                continue
            }
        }
        #expect(throws: SealingError(.overlong(expected: sealed.count, actual: sealed.count + 1))) {
            try Envelope.open(sealed + [0], with: keyring, context: "test/1")
        }
    }

    @Test func `Another context is refused, even when the header says otherwise`() throws {
        let first = try Envelope.seal(plain, with: keyring, context: "state/1/1")
        var second = try Envelope.seal(plain, with: keyring, context: "state/1/2")
        #expect(throws: SealingError(.wrongContext(expected: "state/1/2"))) {
            try Envelope.open(first, with: keyring, context: "state/1/2")
        }
        second.replaceSubrange(28..<44, with: first[28..<44])
        #expect(throws: SealingError(.keyMismatch(keyring.activeKeyName))) {
            try Envelope.open(second, with: keyring, context: "state/1/1")
        }
    }

    @Test func `A header of one message does not fit the body of another`() throws {
        let first = try Envelope.seal(plain, with: keyring, context: "test/1")
        let second = try Envelope.seal(plain, with: keyring, context: "test/1")
        let bodySize = plain.count + AESGCM.tagSize
        #expect(throws: SealingError(.damaged)) {
            try Envelope.open(Array(first.dropLast(bodySize) + second.suffix(bodySize)), with: keyring, context: "test/1")
        }
    }

    @Test func `An unknown key is named`() throws {
        let sealed = try Envelope.seal(plain, with: keyring, context: "test/1")
        let other = try Keyring.temporary()
        let error = #expect(throws: SealingError(.unknownKey(keyring.activeKeyName))) {
            try Envelope.open(sealed, with: other, context: "test/1")
        }
        #expect(error.map { "\($0)".contains(keyring.activeKeyName) } == true)
    }

    @Test func `Another key under the same name is noticed`() throws {
        let first = try Keyring.open(folder: "", environment: ["SLIPWAY_KEYS": "k:" + String(repeating: "A", count: 43) + "="])
        let second = try Keyring.open(folder: "", environment: ["SLIPWAY_KEYS": "k:" + String(repeating: "B", count: 42) + "A="])
        let sealed = try Envelope.seal(plain, with: first, context: "test/1")
        #expect(throws: SealingError(.keyMismatch("k"))) { try Envelope.open(sealed, with: second, context: "test/1") }
    }

    @Test func `What an old key sealed opens after a new one went first`() throws {
        let old = "old:" + String(repeating: "A", count: 43) + "="
        let new = "new:" + String(repeating: "B", count: 42) + "A="
        let before = try Keyring.open(folder: "", environment: ["SLIPWAY_KEYS": old])
        let after = try Keyring.open(folder: "", environment: ["SLIPWAY_KEYS": "\(new),\(old)"])
        let sealed = try Envelope.seal(plain, with: before, context: "test/1")
        #expect(try Envelope.open(sealed, with: after, context: "test/1") == plain)
        #expect(try EnvelopeHeader(of: Envelope.seal(plain, with: after, context: "test/1")).keyName == "new")
    }
}
