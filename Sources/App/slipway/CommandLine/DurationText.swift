/// Durations as people type them: `90s`, `30m`, `1h30m`, `500ms`, `2d`.
enum DurationText {
    /// Reads a duration; each unit at most once, largest first.
    ///
    /// - Returns: Nil when it isn't one, or is longer than 10 years.
    static func parse(_ text: String) -> Duration? {
        let units: [(name: String, milliseconds: Int64)] = [
            ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
        ]
        var rest = Substring(text)
        var total: Int64 = 0
        var next = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard (1...12).contains(digits.count), let number = Int64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(letters.count)
            guard let unit = units[next...].firstIndex(where: { $0.name == letters }) else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: units[unit].milliseconds)
            guard !overflow, product <= 10 * 366 * 86_400_000 else { return nil }
            total += product
            next = unit + 1
        }
        return total <= 10 * 366 * 86_400_000 ? .milliseconds(total) : nil
    }
}
