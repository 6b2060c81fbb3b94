internal import JSON

extension StateDocument {
    /// Whether two states have the same bytes, but for what their checks found.
    ///
    /// Terraform writes `check_results` in another order each time, and counts that as no change: the serial stays.
    ///
    /// - Throws: As ``init(parsing:)`` does.
    package static func areEqualButForChecks(_ left: [UInt8], _ right: [UInt8]) throws(VaultError) -> Bool {
        if left == right { return true }
        return try withoutChecks(left) == withoutChecks(right)
    }

    private static func withoutChecks(_ bytes: [UInt8]) throws(VaultError) -> [UInt8] {
        var scanner = JSONScanner(bytes)
        var places: [Range<Int>] = []
        try scanner.object { (scanner, name) throws(VaultError) in
            guard case "check_results" = name else { return try scanner.skip() }
            _ = try scanner.peek()
            let start = scanner.position
            try scanner.skip()
            places.append(start..<scanner.position)
        }
        try scanner.end()
        var rest: [UInt8] = []
        var end = 0
        for place in places {
            rest += bytes[end..<place.lowerBound]
            end = place.upperBound
        }
        return rest + bytes[end...]
    }
}
