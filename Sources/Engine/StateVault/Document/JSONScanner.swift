internal import JSON

/// Walks over JSON without building values, strict (RFC 8259): names and values that the caller asks for one by one, the rest at once.
///
/// It copies nothing but what the caller asks for, so that a state of 100 MB costs no memory beside its bytes.
struct JSONScanner {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    // MARK: - Values

    /// Reads an object: `member` gets each name, in order, and must read or skip exactly its value.
    mutating func object(_ member: (inout JSONScanner, JSONName) throws(VaultError) -> Void) throws(VaultError) {
        try expect(UInt8(ascii: "{"))
        if try peek() == UInt8(ascii: "}") { return position += 1 }
        while true {
            try skipSpace()
            let name = try name()
            try expect(UInt8(ascii: ":"))
            try member(&self, name)
            guard try continues(before: UInt8(ascii: "}")) else { return }
        }
    }

    /// Reads an array: `element` must read or skip exactly one value.
    mutating func array(_ element: (inout JSONScanner) throws(VaultError) -> Void) throws(VaultError) {
        try expect(UInt8(ascii: "["))
        if try peek() == UInt8(ascii: "]") { return position += 1 }
        while true {
            try element(&self)
            guard try continues(before: UInt8(ascii: "]")) else { return }
        }
    }

    private mutating func name() throws(VaultError) -> JSONName {
        let (range, isEscaped) = try scanString()
        return isEscaped ? JSONName(unescaped(range)) : JSONName(bytes, in: range)
    }

    /// Reads a string, with its escapes resolved.
    mutating func string() throws(VaultError) -> String {
        let (range, isEscaped) = try scanString()
        guard isEscaped else { return String(decoding: bytes[range], as: UTF8.self) }
        return unescaped(range)
    }

    /// Reads a whole number.
    mutating func integer() throws(VaultError) -> Int64 {
        _ = try peek()
        let range = try scanNumber()
        guard let value = Int64(String(decoding: bytes[range], as: UTF8.self)) else { throw malformed(at: range.lowerBound) }
        return value
    }

    /// Reads `true` or `false`.
    mutating func boolean() throws(VaultError) -> Bool {
        let isTrue = try peek() == UInt8(ascii: "t")
        try expect(literal: isTrue ? "true" : "false")
        return isTrue
    }

    /// The kind of the next value: its first byte.
    mutating func peek() throws(VaultError) -> UInt8 {
        try skipSpace()
        return bytes[position]
    }

    /// Reads any value and gives its text as it stands.
    mutating func text() throws(VaultError) -> String {
        _ = try peek()
        let start = position
        try skip()
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Reads any value and gives its bytes as they stand.
    mutating func slice() throws(VaultError) -> ArraySlice<UInt8> {
        _ = try peek()
        let start = position
        try skip()
        return bytes[start..<position]
    }

    /// Passes over any value, and checks it.
    mutating func skip() throws(VaultError) {
        do throws(JSONFault) { position = try JSONText.endOfValue(in: bytes, from: position) } catch { throw error.refusal }
    }

    /// Makes sure that nothing but white space is left.
    mutating func end() throws(VaultError) {
        passSpace()
        guard position == bytes.count else { throw malformed(at: position) }
    }

    // MARK: - Details

    private func malformed(at offset: Int) -> VaultError { VaultError(.malformed(offset: offset)) }

    /// Passes over white space, of which a whole document never ends inside a value.
    private mutating func skipSpace() throws(VaultError) {
        passSpace()
        guard position < bytes.count else { throw VaultError(.torn) }
    }

    private mutating func passSpace() { position = JSONText.endOfSpace(in: bytes, from: position) }

    private mutating func expect(_ byte: UInt8) throws(VaultError) {
        guard try peek() == byte else { throw malformed(at: position) }
        position += 1
    }

    private mutating func expect(literal: StaticString) throws(VaultError) {
        for byte in "\(literal)".utf8 {
            guard position < bytes.count else { throw VaultError(.torn) }
            guard bytes[position] == byte else { throw malformed(at: position) }
            position += 1
        }
    }

    /// After a member: true at a comma, false at the closing bracket.
    private mutating func continues(before closing: UInt8) throws(VaultError) -> Bool {
        let byte = try peek()
        guard byte == UInt8(ascii: ",") || byte == closing else { throw malformed(at: position) }
        position += 1
        return byte != closing
    }

    /// The bytes between the quotation marks, and whether there is a backslash among them.
    private mutating func scanString() throws(VaultError) -> (Range<Int>, isEscaped: Bool) {
        do throws(JSONFault) {
            let start = position + 1
            let (end, isEscaped) = try JSONText.endOfString(in: bytes, from: position)
            position = end
            return (start..<end - 1, isEscaped)
        } catch {
            throw error.refusal
        }
    }

    private mutating func scanNumber() throws(VaultError) -> Range<Int> {
        do throws(JSONFault) {
            let start = position
            position = try JSONText.endOfNumber(in: bytes, from: position)
            return start..<position
        } catch {
            throw error.refusal
        }
    }

    private static func hexadecimalValue(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// Resolves the escapes of a checked string; half a surrogate pair becomes U+FFFD, as Go does it.
    private func unescaped(_ range: Range<Int>) -> String {
        // UTF-16 is what `\u` escapes are written in; plain bytes are taken over scalar by scalar.
        var units: [UInt16] = []
        var rest = bytes[range]
        while let byte = rest.first {
            guard byte == UInt8(ascii: "\\") else {
                let plain = rest.prefix { $0 != UInt8(ascii: "\\") }
                units += String(decoding: plain, as: UTF8.self).utf16
                rest = rest.dropFirst(plain.count)
                continue
            }
            let letter = rest[rest.startIndex + 1]
            let isUnit = letter == UInt8(ascii: "u")
            units.append(isUnit ? rest.dropFirst(2).prefix(4).reduce(0) { $0 << 4 | (Self.hexadecimalValue($1) ?? 0) } : Self.plain(letter))
            rest = rest.dropFirst(isUnit ? 6 : 2)
        }
        return String(decoding: units, as: UTF16.self)
    }

    private static func plain(_ letter: UInt8) -> UInt16 {
        switch letter {
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "t"): 9
        default: UInt16(letter)
        }
    }
}

extension JSONFault {
    /// What it means to the vault.
    fileprivate var refusal: VaultError {
        switch self {
        case .torn: VaultError(.torn)
        case .malformed(let offset): VaultError(.malformed(offset: offset))
        }
    }
}
