import JSON

/// The same questions answered byte by byte, as the program did before: what ``JSONText`` must agree with.
struct PlainScanner {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Passes over any value, and checks it.
    mutating func skip(depth: Int = 0) throws(JSONFault) {
        guard depth < JSONText.deepest else { throw malformed(at: position) }
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

    // MARK: - Details

    private func malformed(at offset: Int) -> JSONFault { .malformed(offset: offset) }

    private mutating func peek() throws(JSONFault) -> UInt8 {
        try skipSpace()
        return bytes[position]
    }

    /// Passes over white space, of which a whole document never ends inside a value.
    private mutating func skipSpace() throws(JSONFault) {
        passSpace()
        guard position < bytes.count else { throw JSONFault.torn }
    }

    private mutating func passSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func expect(_ byte: UInt8) throws(JSONFault) {
        guard try peek() == byte else { throw malformed(at: position) }
        position += 1
    }

    private mutating func expect(literal: StaticString) throws(JSONFault) {
        for byte in "\(literal)".utf8 {
            guard position < bytes.count else { throw JSONFault.torn }
            guard bytes[position] == byte else { throw malformed(at: position) }
            position += 1
        }
    }

    /// After a member: true at a comma, false at the closing bracket.
    private mutating func continues(before closing: UInt8) throws(JSONFault) -> Bool {
        let byte = try peek()
        guard byte == UInt8(ascii: ",") || byte == closing else { throw malformed(at: position) }
        position += 1
        return byte != closing
    }

    /// The bytes between the quotation marks, and whether there is a backslash among them.
    private mutating func scanString() throws(JSONFault) -> (Range<Int>, isEscaped: Bool) {
        guard bytes[position] == UInt8(ascii: "\"") else { throw malformed(at: position) }
        let start = position + 1
        var index = start
        var isEscaped = false
        let count = bytes.count
        while index < count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                position = index + 1
                return (start..<index, isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                index = try indexAfterEscape(at: index)
            case 0..<0x20: throw malformed(at: index)
            case 0x20..<0x80: index += 1
            default: index = try indexAfterScalar(at: index)
            }
        }
        throw JSONFault.torn
    }

    private func indexAfterEscape(at index: Int) throws(JSONFault) -> Int {
        guard index + 1 < bytes.count else { throw JSONFault.torn }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return index + 2
        case UInt8(ascii: "u"):
            for digit in index + 2..<index + 6 {
                guard digit < bytes.count else { throw JSONFault.torn }
                guard Self.hexadecimalValue(bytes[digit]) != nil else { throw malformed(at: digit) }
            }
            return index + 6
        default: throw malformed(at: index)
        }
    }

    /// Checks one UTF-8 scalar of two to four bytes (Unicode, table 3-7).
    private func indexAfterScalar(at index: Int) throws(JSONFault) -> Int {
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
            guard index + place < bytes.count else { throw JSONFault.torn }
            let allowed = place == 1 ? second : 0x80...0xbf
            guard allowed.contains(bytes[index + place]) else { throw malformed(at: index + place) }
        }
        return index + length
    }

    private mutating func scanNumber() throws(JSONFault) -> Range<Int> {
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

    private mutating func passDigits() throws(JSONFault) {
        let start = position
        while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position += 1 }
        guard position > start else { throw position == bytes.count ? JSONFault.torn : malformed(at: position) }
    }

    private static func hexadecimalValue(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
