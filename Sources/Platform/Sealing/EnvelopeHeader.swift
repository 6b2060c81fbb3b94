/// What stands before the body of a sealed message; docs/sealed-format.md has it byte by byte.
///
/// The fixed part is authenticated with the body and with the wrapped key. The key part is authenticated with the wrapped key alone, so
/// that another key can wrap the data key anew and the body stays as it is.
package struct EnvelopeHeader: Sendable, Equatable {
    static let magic = Array("SLIPWAY\0".utf8)
    static let version: UInt8 = 1
    static let algorithm: UInt8 = 1
    static let compressedFlag: UInt8 = 1
    static let keyringKind: UInt8 = 1
    static let fixedSize = 56
    static let contextDigestSize = 16
    /// Nonce, wrapped data key, tag.
    static let wrappedSize = AESGCM.nonceSize + AESGCM.keySize + AESGCM.tagSize

    package var isCompressed: Bool
    /// Bytes before sealing.
    package var plainLength: Int
    /// Bytes of the body without its tag.
    package var bodyLength: Int
    /// The key that wraps the data key.
    package var keyName: String
    var contextDigest: [UInt8]
    var bodyNonce: [UInt8]
    var wrapped: [UInt8] = []

    /// Header and key part of the message with the longest name, in bytes.
    package static let largestSize = fixedSize + 4 + 64 + wrappedSize

    /// Header and key part together, in bytes: where the body begins.
    var size: Int { Self.fixedSize + 4 + keyName.utf8.count + Self.wrappedSize }

    /// The whole message, in bytes.
    var messageSize: Int { size + bodyLength + AESGCM.tagSize }

    // MARK: - Writing

    var fixedBytes: [UInt8] {
        var bytes = Self.magic + [Self.version, Self.algorithm, isCompressed ? Self.compressedFlag : 0, 0]
        for length in [plainLength, bodyLength] {
            withUnsafeBytes(of: UInt64(length).littleEndian) { bytes += $0 }
        }
        return bytes + contextDigest + bodyNonce
    }

    /// The key part up to the wrapped key.
    var keyBytes: [UInt8] {
        let wrappedSize = UInt16(Self.wrappedSize)
        return [Self.keyringKind, UInt8(keyName.utf8.count), UInt8(wrappedSize & 0xff), UInt8(wrappedSize >> 8)] + Array(keyName.utf8)
    }

    /// What the body's tag covers beside the body.
    func bodyAssociated(context: String) -> [UInt8] { fixedBytes + Array(context.utf8) }

    /// What the wrapped key's tag covers beside the data key.
    func keyAssociated(context: String) -> [UInt8] { fixedBytes + keyBytes + Array(context.utf8) }

    static func digest(of context: String) -> [UInt8] {
        Array(SHA256.hash(Array("slipway context\0\(context)".utf8)).prefix(contextDigestSize))
    }

    // MARK: - The key's name, as bytes of the message

    /// Where ``keyField(_:)`` stands in a message.
    package static let keyFieldOffset = 57
    /// What ``keyField(_:)`` has at most.
    package static let largestKeyField = 3 + 64

    /// The bytes at ``keyFieldOffset`` of the messages, and only of those, whose data key the named key wraps: for a database's index.
    package static func keyField(_ name: String) -> [UInt8] {
        [UInt8(name.utf8.count), UInt8(wrappedSize & 0xff), UInt8(wrappedSize >> 8)] + Array(name.utf8)
    }

    /// The key's name in the bytes at ``keyFieldOffset``; nil when there is none.
    package static func keyName(inField field: [UInt8]) -> String? {
        guard let count = field.first, field.count >= 3 + Int(count) else { return nil }
        let name = String(decoding: field[3..<3 + Int(count)], as: UTF8.self)
        return NamedKey.isValid(name: name) ? name : nil
    }

    // MARK: - Reading

    /// Reads the header of a sealed message without opening it; nothing of it is authenticated yet.
    ///
    /// - Throws: ``SealingError`` when it is none, from a newer program, or not as long as it says.
    package init(of sealed: [UInt8]) throws(SealingError) {
        try self.init(head: sealed)
        guard sealed.count >= messageSize else { throw SealingError(.truncated(expected: messageSize, actual: sealed.count)) }
        guard sealed.count == messageSize else { throw SealingError(.overlong(expected: messageSize, actual: sealed.count)) }
    }

    /// Reads the header from the first ``largestSize`` bytes of a sealed message, or from all of a shorter one.
    ///
    /// - Throws: ``SealingError`` as ``init(of:)``, except about the message's length.
    package init(head sealed: [UInt8]) throws(SealingError) {
        guard sealed.starts(with: Self.magic) else { throw SealingError(.notSealed) }
        guard sealed.count >= Self.fixedSize + 4 else {
            throw SealingError(.truncated(expected: Self.fixedSize + 4, actual: sealed.count))
        }
        guard sealed[8] == Self.version else { throw SealingError(.unknownVersion(Int(sealed[8]))) }
        guard sealed[9] == Self.algorithm else { throw SealingError(.unknownAlgorithm(Int(sealed[9]))) }
        guard sealed[10] & ~Self.compressedFlag == 0 else { throw SealingError(.unknownFlags(Int(sealed[10]))) }
        guard sealed[11] == 0 else { throw SealingError(.damaged) }
        guard sealed[56] == Self.keyringKind else { throw SealingError(.unknownKeyKind(Int(sealed[56]))) }
        guard Int(sealed[58]) | Int(sealed[59]) << 8 == Self.wrappedSize else { throw SealingError(.damaged) }
        isCompressed = sealed[10] != 0
        // Half of Int's range each: their sum with the header can't overflow.
        guard let plainLength = Self.length(in: sealed, at: 12), let bodyLength = Self.length(in: sealed, at: 20) else {
            throw SealingError(.damaged)
        }
        self.plainLength = plainLength
        self.bodyLength = bodyLength
        contextDigest = Array(sealed[28..<44])
        bodyNonce = Array(sealed[44..<56])
        let nameEnd = 60 + Int(sealed[57])
        guard sealed.count >= nameEnd + Self.wrappedSize else {
            throw SealingError(.truncated(expected: nameEnd + Self.wrappedSize, actual: sealed.count))
        }
        keyName = String(decoding: sealed[60..<nameEnd], as: UTF8.self)
        guard NamedKey.isValid(name: keyName) else { throw SealingError(.damaged) }
        wrapped = Array(sealed[nameEnd..<nameEnd + Self.wrappedSize])
    }

    init(isCompressed: Bool, plainLength: Int, bodyLength: Int, keyName: String, context: String, bodyNonce: [UInt8]) {
        self.isCompressed = isCompressed
        self.plainLength = plainLength
        self.bodyLength = bodyLength
        self.keyName = keyName
        self.bodyNonce = bodyNonce
        contextDigest = Self.digest(of: context)
    }

    private static func length(in bytes: [UInt8], at offset: Int) -> Int? {
        let value = (0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[offset + $1]) }
        return value <= UInt64(Int.max / 4) ? Int(value) : nil
    }
}
