/// Seals messages: each with a data key of its own, which a named key of the keyring wraps.
///
/// AES-256-GCM for both, and the place a message belongs to (`state/42/7`) bound into both tags, so that it can't be passed off as another's.
///
/// - SeeAlso: docs/sealed-format.md
package enum Envelope {
    /// Smaller messages are not compressed.
    static let smallestCompressed = 1024

    /// Seals with the keyring's active key.
    ///
    /// - Parameters:
    ///   - plain: At most 64 GiB.
    ///   - keyring: Its active key wraps the data key.
    ///   - context: What the message is and where it belongs; opening needs the same.
    ///   - compress: Packs it with zstd first, when it is over 1 KiB and that saves at least a tenth. Pass false when someone else can put
    ///     chosen bytes beside secret ones and see the size.
    /// - Returns: Header, body and tag: at most 200 bytes more than the plain ones.
    /// - Throws: ``SealingError`` when OpenSSL has no random bytes.
    package static func seal(
        _ plain: [UInt8],
        with keyring: Keyring,
        context: String,
        compress: Bool = true
    ) throws(SealingError) -> [UInt8] {
        let key = keyring.active
        var header = EnvelopeHeader(
            isCompressed: false,
            plainLength: plain.count,
            bodyLength: plain.count,
            keyName: key.name,
            context: context,
            bodyNonce: try RandomBytes.make(count: AESGCM.nonceSize)
        )
        let packs = compress && plain.count > smallestCompressed
        let room = packs ? max(Zstd.largestCompressed(plain.count), plain.count) : plain.count
        // One piece of memory: packed into its place, then encrypted where it lies.
        return try [UInt8](capacity: header.size + room + AESGCM.tagSize) { (memory) throws(SealingError) in
            try plain.withBytes { (plain) throws(SealingError) in
                let body = UnsafeMutableRawBufferPointer(rebasing: memory[header.size...])
                var source = plain
                if packs {
                    let packed = try Zstd.compress(plain, into: UnsafeMutableRawBufferPointer(rebasing: body.dropLast(AESGCM.tagSize)))
                    if packed <= plain.count - plain.count / 10 {
                        header.isCompressed = true
                        header.bodyLength = packed
                        source = UnsafeRawBufferPointer(rebasing: body[..<packed])
                    }
                }
                let dataKey = try SecretBytes.random(count: AESGCM.keySize)
                let associated = header.bodyAssociated(context: context)
                try AESGCM.encrypt(source, into: body, key: dataKey, nonce: header.bodyNonce, associated: associated)
                let wrapped = try wrap(dataKey, by: key, for: header, context: context)
                memory.copyBytes(from: header.fixedBytes + header.keyBytes + wrapped)
                return header.messageSize
            }
        }
    }

    /// Opens what ``seal(_:with:context:compress:)`` made.
    ///
    /// - Throws: ``SealingError``: not sealed, cut off, of a newer version, for another context, by an unknown key (named), or damaged.
    package static func open(_ sealed: [UInt8], with keyring: Keyring, context: String) throws(SealingError) -> [UInt8] {
        let header = try EnvelopeHeader(of: sealed)
        guard header.contextDigest == EnvelopeHeader.digest(of: context) else { throw SealingError(.wrongContext(expected: context)) }
        guard let key = keyring.key(named: header.keyName) else { throw SealingError(.unknownKey(header.keyName)) }
        let dataKey = try unwrap(header, by: key, context: context)
        let associated = header.bodyAssociated(context: context)
        let body = try [UInt8](capacity: header.bodyLength) { (output) throws(SealingError) in
            try sealed.withBytes { (sealed) throws(SealingError) in
                let body = UnsafeRawBufferPointer(rebasing: sealed[header.size...])
                try AESGCM.decrypt(body, into: output, key: dataKey, nonce: header.bodyNonce, associated: associated)
            }
            return header.bodyLength
        }
        let plain = header.isCompressed ? try Zstd.decompress(body, limit: header.plainLength) : body
        guard plain.count == header.plainLength else { throw SealingError(.damaged) }
        return plain
    }

    // MARK: - The data key

    static func wrap(
        _ dataKey: borrowing SecretBytes,
        by key: NamedKey,
        for header: EnvelopeHeader,
        context: String
    ) throws(SealingError) -> [UInt8] {
        let nonce = try RandomBytes.make(count: AESGCM.nonceSize)
        let associated = header.keyAssociated(context: context)
        let wrappedSize = AESGCM.keySize + AESGCM.tagSize
        return nonce
            + (try [UInt8](capacity: wrappedSize) { (output) throws(SealingError) in
                try dataKey.withBytes { (dataKey) throws(SealingError) in
                    try AESGCM.encrypt(dataKey, into: output, key: key.secret, nonce: nonce, associated: associated)
                }
                return wrappedSize
            })
    }

    static func unwrap(_ header: EnvelopeHeader, by key: NamedKey, context: String) throws(SealingError) -> SecretBytes {
        let nonce = Array(header.wrapped.prefix(AESGCM.nonceSize))
        let wrapped = Array(header.wrapped.dropFirst(AESGCM.nonceSize))
        let associated = header.keyAssociated(context: context)
        do {
            return try SecretBytes(count: AESGCM.keySize) { (output) throws(SealingError) in
                try wrapped.withBytes { (wrapped) throws(SealingError) in
                    try AESGCM.decrypt(wrapped, into: output, key: key.secret, nonce: nonce, associated: associated)
                }
            }
        } catch {
            throw error.reason == .damaged ? SealingError(.keyMismatch(key.name)) : error
        }
    }
}
