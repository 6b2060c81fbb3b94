/// A message as it goes over the wire: made once, sent to any number of sockets without a copy.
///
/// - SeeAlso: RFC 6455, section 5.2
package struct EncodedFrame: Sendable, Hashable {
    let bytes: [UInt8]

    /// Whole, with its header.
    package var byteCount: Int { bytes.count }

    package static func text(_ text: String) -> EncodedFrame { EncodedFrame(opcode: 1, payload: text.utf8) }
    package static func binary(_ bytes: [UInt8]) -> EncodedFrame { EncodedFrame(opcode: 2, payload: bytes) }

    static let ping = EncodedFrame(opcode: 9, payload: [])

    static func ping(_ payload: [UInt8]) -> EncodedFrame { EncodedFrame(opcode: 9, payload: payload.prefix(125)) }

    /// A close with a code and at most 123 bytes of a reason.
    static func close(_ code: UInt16, reason: String = "") -> EncodedFrame {
        var text = Substring(reason)
        while text.utf8.count > 123 { text.removeLast() }
        return EncodedFrame(opcode: 8, payload: [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)] + text.utf8)
    }

    private init(opcode: UInt8, payload: some Collection<UInt8>) {
        var bytes: [UInt8] = []
        let count = payload.count
        bytes.reserveCapacity(count + 10)
        bytes.append(0x80 | opcode)
        switch count {
        case ..<126: bytes.append(UInt8(count))
        case ..<65_536: bytes += [126, UInt8(count >> 8), UInt8(count & 0xFF)]
        default:
            bytes.append(127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
        }
        bytes.append(contentsOf: payload)
        self.bytes = bytes
    }
}
