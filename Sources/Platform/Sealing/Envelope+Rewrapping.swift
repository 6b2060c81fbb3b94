extension Envelope {
    /// The beginning of a message before and after another key wrapped its data key; all behind it stays as it is.
    package struct RewrappedHead: Sendable, Equatable {
        package let old: [UInt8]
        package let new: [UInt8]
    }

    /// Wraps a message's data key with another key; the body and its tag stay as they are, and are not looked at.
    ///
    /// - Parameters:
    ///   - sealed: What ``seal(_:with:context:compress:)`` made.
    ///   - keyring: Must have the key that wraps it now, and the new one.
    ///   - context: As it was sealed with.
    ///   - name: The new key's.
    /// - Returns: The message, longer or shorter by the difference of the names; the same bytes when that key wraps it already.
    /// - Throws: ``SealingError``: an unknown key, or a header that is damaged or another place's.
    package static func rewrap(
        _ sealed: [UInt8],
        with keyring: Keyring,
        context: String,
        to name: String
    ) throws(SealingError) -> [UInt8] {
        let head = try rewrap(head: try EnvelopeHeader(of: sealed), with: keyring, context: context, to: name)
        return head.new + sealed[head.old.count...]
    }

    /// The same for a message of which only the header was read: large ones need not be moved.
    package static func rewrap(
        head header: EnvelopeHeader,
        with keyring: Keyring,
        context: String,
        to name: String
    ) throws(SealingError) -> RewrappedHead {
        guard header.contextDigest == EnvelopeHeader.digest(of: context) else { throw SealingError(.wrongContext(expected: context)) }
        let old = header.fixedBytes + header.keyBytes + header.wrapped
        guard header.keyName != name else { return RewrappedHead(old: old, new: old) }
        guard let key = keyring.key(named: header.keyName) else { throw SealingError(.unknownKey(header.keyName)) }
        guard let newKey = keyring.key(named: name) else { throw SealingError(.unknownKey(name)) }
        let dataKey = try unwrap(header, by: key, context: context)
        var changed = header
        changed.keyName = name
        changed.wrapped = try wrap(dataKey, by: newKey, for: changed, context: context)
        return RewrappedHead(old: old, new: changed.fixedBytes + changed.keyBytes + changed.wrapped)
    }
}
