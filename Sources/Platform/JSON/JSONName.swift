/// The name of an object's member, compared where it stands: half of what reading a resource took was making strings of names.
package struct JSONName {
    private let bytes: [UInt8]
    private let range: Range<Int>

    /// Names what stands in the range of the bytes, without escapes in it.
    package init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        self.range = range
    }

    /// Names a text.
    package init(_ text: String) {
        bytes = Array(text.utf8)
        range = bytes.indices
    }

    /// The name, copied.
    package var text: String { String(decoding: bytes[range], as: UTF8.self) }

    /// Whether it is this name, for `case "name":`.
    package static func ~= (wanted: StaticString, name: JSONName) -> Bool {
        guard wanted.utf8CodeUnitCount == name.range.count else { return false }
        return name.bytes.withUnsafeBufferPointer { bytes in
            for offset in 0..<name.range.count where bytes[name.range.lowerBound &+ offset] != wanted.utf8Start[offset] { return false }
            return true
        }
    }
}
