/// A range of IPv4 addresses, as RFC 4632 writes it: `10.20.0.0/16`.
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    /// The first address, in the order of its digits.
    package let first: UInt32
    /// How many bits all addresses of the range have in common: 0 to 32.
    package let length: Int

    /// The range with that first address; bits beyond the length are cleared.
    package init(first: UInt32, length: Int) {
        self.length = min(max(length, 0), 32)
        self.first = first & Self.mask(self.length)
    }

    /// A single address.
    package init(address: UInt32) { self.init(first: address, length: 32) }

    /// Reads `10.20.0.0/16`, or an address alone.
    ///
    /// Nil for anything else: leading zeros, which some programs read as octal; an address that is not the range's first; IPv6.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = Self.address(parts[0]) else { return nil }
        let length = parts.count == 1 ? 32 : Self.number(parts[1], upTo: 32)
        guard let length, address & Self.mask(length) == address else { return nil }
        self.init(first: address, length: length)
    }

    package var description: String { "\(Self.text(first))/\(length)" }

    /// Whether every address of the other lies in this one.
    package func contains(_ other: AddressRange) -> Bool { length <= other.length && other.first & Self.mask(length) == first }

    /// Whether no filtered network ever opens it.
    package var isNeverOpen: Bool { Self.neverOpen.contains { $0.contains(self) } }

    /// "This network", by which Linux reaches itself; loopback; protocols' own, where a filtered run's own link is; multicast; reserved, and
    /// broadcast.
    package static let neverOpen = ["0.0.0.0/8", "127.0.0.0/8", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4"].compactMap {
        AddressRange($0)
    }

    // MARK: - Details

    private static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length) }

    private static func text(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { String(address >> UInt32($0) & 0xFF) }.joined(separator: ".")
    }

    private static func address(_ text: some StringProtocol) -> UInt32? {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { number($0, upTo: 255) }
        guard numbers.count == 4 else { return nil }
        return numbers.reduce(UInt32?(0)) { address, number in
            guard let address, let number else { return nil }
            return address << 8 | UInt32(number)
        }
    }

    private static func number(_ text: some StringProtocol, upTo limit: Int) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }), text == "0" || text.first != "0",
            let number = Int(text), number <= limit
        else { return nil }
        return number
    }
}
