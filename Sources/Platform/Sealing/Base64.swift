/// Base64 with padding, strictly: no white space, no left-over bits, so that one text means one value.
///
/// - SeeAlso: RFC 4648, section 4
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    static func encode(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 { text.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : padding) }
        }
        return text
    }

    /// The bytes, or nil when `text` is not exactly what ``encode(_:)`` writes for them.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let text = Array(text)
        guard text.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: 4) {
            var group = text[start..<start + 4]
            if start + 4 == text.count { while group.count > 2, group.last == padding { group.removeLast() } }
            var bits = 0
            for character in group {
                guard let digit = alphabet.firstIndex(of: character) else { return nil }
                bits = bits << 6 | digit
            }
            let surplus = group.count * 6 % 8
            guard bits & (1 << surplus - 1) == 0 else { return nil }
            bits >>= surplus
            for place in (0..<group.count - 1).reversed() { bytes.append(UInt8(truncatingIfNeeded: bits >> (8 * place))) }
        }
        return bytes
    }
}
