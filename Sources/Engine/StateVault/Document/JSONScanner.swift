/// Walks over JSON without building values: strict (RFC 8259), and as fast as bytes can be looked at one by one.
///
/// It copies nothing but what the caller asks for, so that a state of 100 MB costs no memory beside its bytes.
struct JSONScanner {
    /// Deeper nesting is refused: it would exhaust the stack.
    static let deepest = 500

    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    // MARK: - Values

    /// Reads an object: `member` gets each name, in order, and must read or skip exactly its value.
    mutating func object(_ member: (inout JSONScanner, String) throws(VaultError) -> Void) throws(VaultError) {
        try expect(UInt8(ascii: "{"))
        if try peek() == UInt8(ascii: "}") { return position += 1 }
        while true {
            try skipSpace()
            let name = try string()
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
    mutating func skip(depth: Int = 0) throws(VaultError) {
        guard depth < Self.deepest else { throw malformed(at: position) }
        switch try peek() {
        case UInt8(ascii: "\""): _ = try scanString()
        case UInt8(ascii: "{"):
            position += 1
            if try peek() == UInt8(ascii: "}") { return position += 1 }
            repeat {
                try skipSpace()
                _ = try scanString()
                try expect(UInt8(ascii: ":"))
                try skip(depth: depth + 1)
            } while try continues(before: UInt8(ascii: "}"))
        case UInt8(ascii: "["):
            position += 1
            if try peek() == UInt8(ascii: "]") { return position += 1 }
            repeat { try skip(depth: depth + 1) } while try continues(before: UInt8(ascii: "]"))
        case UInt8(ascii: "t"): try expect(literal: "true")
        case UInt8(ascii: "f"): try expect(literal: "false")
        case UInt8(ascii: "n"): try expect(literal: "null")
        default: _ = try scanNumber()
        }
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

    private mutating func passSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position += 1
            default: return
            }
        }
    }

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
        guard bytes[position] == UInt8(ascii: "\"") else { throw malformed(at: position) }
        let start = position + 1
        var index = start
        var isEscaped = false
        let count = bytes.count
        while index < count {
            let byte = bytes[index]
            // The plain byte, nearly every one, first: printable ASCII that ends or escapes nothing. Half the time of a save is spent here.
            if byte &- 0x20 < 0x60, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                index &+= 1
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                position = index + 1
                return (start..<index, isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                index = try indexAfterEscape(at: index)
            case 0..<0x20: throw malformed(at: index)
            default: index = try indexAfterScalar(at: index)
            }
        }
        throw VaultError(.torn)
    }

    private func indexAfterEscape(at index: Int) throws(VaultError) -> Int {
        guard index + 1 < bytes.count else { throw VaultError(.torn) }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return index + 2
        case UInt8(ascii: "u"):
            for digit in index + 2..<index + 6 {
                guard digit < bytes.count else { throw VaultError(.torn) }
                guard Self.hexadecimalValue(bytes[digit]) != nil else { throw malformed(at: digit) }
            }
            return index + 6
        default: throw malformed(at: index)
        }
    }

    /// Checks one UTF-8 scalar of two to four bytes (Unicode, table 3-7).
    private func indexAfterScalar(at index: Int) throws(VaultError) -> Int {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[index] {
        case 0xc2...0xdf: (length, second) = (2, 0x80...0xbf)
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: (length, second) = (3, 0x80...0xbf)
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: (length, second) = (4, 0x80...0xbf)
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: throw malformed(at: index)
        }
        for place in 1..<length {
            guard index + place < bytes.count else { throw VaultError(.torn) }
            let allowed = place == 1 ? second : 0x80...0xbf
            guard allowed.contains(bytes[index + place]) else { throw malformed(at: index + place) }
        }
        return index + length
    }

    private mutating func scanNumber() throws(VaultError) -> Range<Int> {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        try passDigits()
        if bytes[firstDigit] == UInt8(ascii: "0"), position > firstDigit + 1 { throw malformed(at: firstDigit) }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try passDigits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") { position += 1 }
            try passDigits()
        }
        return start..<position
    }

    private mutating func passDigits() throws(VaultError) {
        let start = position
        while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position += 1 }
        guard position > start else { throw position == bytes.count ? VaultError(.torn) : malformed(at: position) }
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
