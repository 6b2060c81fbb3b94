/// Why bytes are no JSON.
package enum JSONFault: Error, Sendable, Equatable {
    /// They end in the middle of a value.
    case torn
    /// The offset of the first wrong byte.
    case malformed(offset: Int)
}
