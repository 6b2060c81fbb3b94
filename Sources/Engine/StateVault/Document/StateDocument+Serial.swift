internal import JSON

extension StateDocument {
    /// The largest serial that is taken from people: 2^53 - 1, which every program that reads JSON can hold.
    ///
    /// Terraform adds one with each change. What a run of Terraform makes of a state that is here may be larger: it must never be lost.
    package static let largestSerial: Int64 = 9_007_199_254_740_991

    /// A serial that Terraform takes for newer than the given ones; ``largestSerial`` when there is none.
    package static func serial(after serials: Int64...) -> Int64 {
        // Below the largest the sum can't overflow.
        min(serials.max().map { max($0, 0) } ?? 0, largestSerial - 1) + 1
    }

    /// Refuses a serial that leaves no room for later ones, or that Terraform can't read.
    ///
    /// - Throws: ``VaultError/Reason/unusableSerial``.
    package func checkSerial() throws(VaultError) {
        guard (0...Self.largestSerial).contains(serial) else { throw VaultError(.unusableSerial) }
    }

    /// Writes another serial into a state's bytes; every other byte stays.
    ///
    /// - Throws: As ``init(parsing:)`` does.
    package static func replacingSerial(in bytes: [UInt8], with serial: Int64) throws(VaultError) -> [UInt8] {
        var scanner = JSONScanner(bytes)
        var place: Range<Int>?
        try scanner.object { (scanner, name) throws(VaultError) in
            guard case "serial" = name else { return try scanner.skip() }
            _ = try scanner.peek()
            let start = scanner.position
            _ = try scanner.integer()
            // Of two members with one name the last counts, for Terraform as well.
            place = start..<scanner.position
        }
        try scanner.end()
        guard let place else { throw VaultError(.notAState(missing: "serial")) }
        return Array(bytes[..<place.lowerBound]) + Array("\(serial)".utf8) + Array(bytes[place.upperBound...])
    }
}
