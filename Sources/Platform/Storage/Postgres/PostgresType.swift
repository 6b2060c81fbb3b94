/// The column types whose binary form this program reads; ids are fixed numbers of pg_type.dat.
enum PostgresType: UInt32 {
    case bool = 16
    case bytea = 17
    case name = 19
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case json = 114
    case float8 = 701
    case bpchar = 1042
    case varchar = 1043
    case numeric = 1700

    /// Whether an answer with such a column can be asked for in binary: a blob then isn't doubled by hexadecimal digits.
    var isReadInBinary: Bool { self != .numeric }

    static func binary(_ bytes: UnsafeRawBufferPointer, _ type: PostgresType?) -> SQLValue {
        switch type {
        case .int8, .int2, .int4: .integer(integer(bytes))
        case .bool: .integer(bytes.first == 0 ? 0 : 1)
        case .float8: .real(Double(bitPattern: UInt64(bitPattern: integer(bytes))))
        case .bytea: .blob([UInt8](bytes))
        case .name, .text, .json, .bpchar, .varchar, .numeric, nil: .text(String(decoding: bytes, as: UTF8.self))
        }
    }

    static func text(_ bytes: UnsafeRawBufferPointer, _ type: PostgresType?) -> SQLValue {
        let text = String(decoding: bytes, as: UTF8.self)
        switch type {
        case .int8, .int2, .int4: return Int64(text).map { .integer($0) } ?? .text(text)
        case .bool: return .integer(text == "t" ? 1 : 0)
        case .float8: return Double(text).map { .real($0) } ?? .text(text)
        // What SUM over BIGINT gives: SQLite gives an integer.
        case .numeric: return Int64(text).map { .integer($0) } ?? Double(text).map { .real($0) } ?? .text(text)
        case .bytea: return .blob(hexadecimal(bytes.dropFirst(2)))
        case .name, .text, .json, .bpchar, .varchar, nil: return .text(text)
        }
    }

    /// Two, four or eight bytes, big-endian, two's complement.
    private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        let isNegative = (bytes.first ?? 0) & 0x80 != 0
        return bytes.reduce(isNegative ? -1 : 0) { $0 << 8 | Int64($1) }
    }

    /// What follows `\x`.
    private static func hexadecimal(_ digits: some Sequence<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            let value = digit < 58 ? digit - 48 : (digit | 32) - 87
            if let upper = high {
                bytes.append(upper << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
