/// Takes the values of SSH's messages and key files apart: numbers of four bytes, and bytes behind their count.
///
/// What it gives points into the memory that it reads, so that nothing of a private key is copied.
///
/// - SeeAlso: RFC 4251, section 5
package struct SSHReader {
    private var rest: UnsafeRawBufferPointer.SubSequence

    /// Reads from the first byte on.
    package init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

    /// How many bytes are left.
    package var restCount: Int { rest.count }

    /// One byte, or nil at the end.
    package mutating func byte() -> UInt8? { rest.popFirst() }

    /// A number of four bytes, or nil when they aren't there.
    package mutating func number() -> UInt32? { raw(count: 4).map { $0.reduce(0) { $0 << 8 | UInt32($1) } } }

    /// Bytes behind their count, or nil when not all are there.
    package mutating func field() -> UnsafeRawBufferPointer? { number().flatMap { raw(count: Int($0)) } }

    /// Bytes behind their count as text, or nil when not all are there.
    package mutating func text() -> String? { field().map { String(decoding: $0, as: UTF8.self) } }

    /// Bytes without a count, or nil when there are fewer.
    package mutating func raw(count: Int) -> UnsafeRawBufferPointer? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
    }
}
