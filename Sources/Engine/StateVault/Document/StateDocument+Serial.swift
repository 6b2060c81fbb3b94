internal import JSON

extension StateDocument {
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
