/// A set of addresses that share their first bits: `10.0.0.0/8`, `fd00::/8`, or one address.
package struct AddressRange: Sendable, Hashable {
    private let first: IPAddress
    private let highMask: UInt64
    private let lowMask: UInt64

    /// Reads `address/bits` (RFC 4632), or one address; nil when it is neither.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(parts[0]) else { return nil }
        let width = parts[0].contains(":") ? 128 : 32
        guard let bits = parts.count == 2 ? Int(parts[1]) : width, (0...width).contains(bits) else { return nil }
        let length = bits + 128 - width
        highMask = length >= 64 ? .max : ~(UInt64.max >> length)
        lowMask = length <= 64 ? 0 : ~(length == 128 ? 0 : UInt64.max >> (length - 64))
        first = address
    }

    func contains(_ address: IPAddress) -> Bool {
        (address.high ^ first.high) & highMask == 0 && (address.low ^ first.low) & lowMask == 0
    }
}
