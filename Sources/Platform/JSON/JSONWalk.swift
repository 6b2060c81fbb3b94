internal import CVectors

/// A place in the bytes of JSON, and how to go on from there.
///
/// Every read is below `count`: each is behind a comparison with it, or behind a byte that was read there.
struct JSONWalk {
    // Its subscript checks in debug builds only.
    private let bytes: UnsafeBufferPointer<UInt8>
    private let count: Int
    private(set) var position: Int

    /// - Parameters:
    ///   - bytes: Must outlive this value.
    ///   - offset: Less than the number of bytes, or the same where only white space is passed over.
    init(_ bytes: UnsafeBufferPointer<UInt8>, from offset: Int) {
        self.bytes = bytes
        count = bytes.count
        position = offset
    }

    // MARK: - Values

    /// Passes over one value, and the white space before it.
    mutating func passValue() throws(JSONFault) {
        // A bit per open bracket: 1 for an object. Not the call stack, which nesting could exhaust.
        var brackets: InlineArray<8, UInt64> = .init(repeating: 0)
        var depth = 0
        while true {
            guard depth < JSONText.deepest else { throw .malformed(offset: position) }
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "\""): _ = try passString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                position &+= 1
                let isObject = byte == UInt8(ascii: "{")
                if try peek() == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    position &+= 1
                    break
                }
                let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: depth & 63)
                if isObject { brackets[depth >> 6] |= bit } else { brackets[depth >> 6] &= ~bit }
                depth &+= 1
                if isObject { try passName() }
                continue
            case UInt8(ascii: "t"): try pass("true")
            case UInt8(ascii: "f"): try pass("false")
            case UInt8(ascii: "n"): try pass("null")
            default: try passNumber()
            }
            // Behind a value: out of the brackets that end here, up to the comma before the next one.
            while true {
                if depth == 0 { return }
                let isObject = brackets[(depth &- 1) >> 6] >> UInt64(truncatingIfNeeded: (depth &- 1) & 63) & 1 == 1
                let byte = try peek()
                if byte == UInt8(ascii: ",") {
                    position &+= 1
                    if isObject { try passName() }
                    break
                }
                guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw .malformed(offset: position) }
                position &+= 1
                depth &-= 1
            }
        }
    }

    /// Passes over a member's name and the colon, and the white space before each.
    private mutating func passName() throws(JSONFault) {
        _ = try peek()
        _ = try passString()
        guard try peek() == UInt8(ascii: ":") else { throw .malformed(offset: position) }
        position &+= 1
    }

    private mutating func pass(_ literal: StaticString) throws(JSONFault) {
        for index in 0..<literal.utf8CodeUnitCount {
            guard position < count else { throw .torn }
            guard bytes[position] == literal.utf8Start[index] else { throw .malformed(offset: position) }
            position &+= 1
        }
    }

    // MARK: - White space

    mutating func passSpace() {
        // Nearly always there is none, or one space behind a colon, or a line break and an indentation.
        if position < count, bytes[position] > 0x20 { return }
        if position &+ 1 < count, bytes[position] == 0x20, bytes[position &+ 1] > 0x20 { return position &+= 1 }
        while position &+ 32 <= count {
            let mask = slipway_not_space(address(position))
            if mask != 0 { return position &+= mask.trailingZeroBitCount }
            position &+= 32
        }
        while position < count {
            switch bytes[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position &+= 1
            default: return
            }
        }
    }

    /// Passes over white space, and looks at the byte behind it.
    private mutating func peek() throws(JSONFault) -> UInt8 {
        passSpace()
        guard position < count else { throw .torn }
        return bytes[position]
    }

    /// The caller has compared with `count`, so that there are bytes.
    private func address(_ offset: Int) -> UnsafePointer<UInt8> { bytes.baseAddress.unsafelyUnwrapped + offset }

    // MARK: - Strings

    /// Passes over a string; whether there is a backslash in it.
    mutating func passString() throws(JSONFault) -> Bool {
        guard bytes[position] == UInt8(ascii: "\"") else { throw .malformed(offset: position) }
        var index = position &+ 1
        var isEscaped = false
        while true {
            while index &+ 32 <= count {
                let mask = slipway_special_in_string(address(index))
                guard mask == 0 else {
                    index &+= mask.trailingZeroBitCount
                    break
                }
                index &+= 32
            }
            guard index < count else { throw .torn }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                position = index &+ 1
                return isEscaped
            case UInt8(ascii: "\\"):
                isEscaped = true
                index = try indexAfterEscape(at: index)
            case 0..<0x20: throw .malformed(offset: index)
            case 0x20..<0x80: index &+= 1
            default: index = try indexAfterScalar(at: index)
            }
        }
    }

    private func indexAfterEscape(at index: Int) throws(JSONFault) -> Int {
        guard index + 1 < count else { throw .torn }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return index + 2
        case UInt8(ascii: "u"):
            for digit in index + 2..<index + 6 {
                guard digit < count else { throw .torn }
                switch bytes[digit] {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
                    break
                default: throw .malformed(offset: digit)
                }
            }
            return index + 6
        default: throw .malformed(offset: index)
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
        default: throw .malformed(offset: index)
        }
        for place in 1..<length {
            guard index + place < count else { throw .torn }
            let allowed = place == 1 ? second : 0x80...0xbf
            guard allowed.contains(bytes[index + place]) else { throw .malformed(offset: index + place) }
        }
        return index + length
    }

    // MARK: - Numbers

    mutating func passNumber() throws(JSONFault) {
        if bytes[position] == UInt8(ascii: "-") { position &+= 1 }
        let firstDigit = position
        try passDigits()
        if bytes[firstDigit] == UInt8(ascii: "0"), position > firstDigit + 1 { throw .malformed(offset: firstDigit) }
        if position < count, bytes[position] == UInt8(ascii: ".") {
            position &+= 1
            try passDigits()
        }
        if position < count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            if position < count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") { position &+= 1 }
            try passDigits()
        }
    }

    private mutating func passDigits() throws(JSONFault) {
        let start = position
        while position < count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position &+= 1 }
        guard position > start else { throw position == count ? .torn : .malformed(offset: position) }
    }
}
