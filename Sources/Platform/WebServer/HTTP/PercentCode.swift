/// Escapes like `%20`; RFC 3986, section 2.1.
enum PercentCode {
    /// The text without escapes, or nil for an escape that is none, a NUL, or bytes that are no UTF-8.
    static func decode(_ text: some Collection<UInt8>) -> String? {
        guard text.contains(UInt8(ascii: "%")) else { return text.contains(0) ? nil : String(validating: text, as: UTF8.self) }
        guard let bytes = bytes(text, isForm: false), !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The text without escapes; what is no escape stays as it is.
    static func decodeForm(_ text: some Collection<UInt8>) -> String {
        String(decoding: bytes(text, isForm: true) ?? Array(text), as: UTF8.self)
    }

    /// Nil when an escape is none and `isForm` is false.
    private static func bytes(_ text: some Collection<UInt8>, isForm: Bool) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index != text.endIndex {
            let byte = text[index]
            let next = text.index(after: index)
            if byte == UInt8(ascii: "%") {
                let digits = text[next...].prefix(2).compactMap(digit)
                if digits.count == 2 {
                    bytes.append(digits[0] << 4 | digits[1])
                    index = text.index(next, offsetBy: 2)
                    continue
                }
                guard isForm else { return nil }
            }
            bytes.append(isForm && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            index = next
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
