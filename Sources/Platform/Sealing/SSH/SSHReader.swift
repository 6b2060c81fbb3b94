/// Takes the values of SSH's messages and key files apart: numbers of four bytes, and bytes behind their count.
///
/// - SeeAlso: RFC 4251, section 5
package struct SSHReader {
    private var rest: ArraySlice<UInt8>

    /// Reads from the first byte on.
    package init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// How many bytes are left.
    package var restCount: Int { rest.count }

    /// One byte, or nil at the end.
    package mutating func byte() -> UInt8? { rest.popFirst() }

    /// A number of four bytes, or nil when they aren't there.
    package mutating func number() -> UInt32? {
        guard rest.count >= 4 else { return nil }
        let value = rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        rest = rest.dropFirst(4)
        return value
    }

    /// Bytes behind their count, or nil when not all are there.
    package mutating func bytes() -> [UInt8]? {
        guard let count = number(), rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(Int(count)) }
        return Array(rest.prefix(Int(count)))
    }

    /// Bytes without a count, or nil when there are fewer.
    package mutating func bytes(count: Int) -> [UInt8]? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}
