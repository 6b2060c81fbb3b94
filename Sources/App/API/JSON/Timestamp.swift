import Domain
package import FoundationEssentials

/// A moment as every JSON of the program has it: `2026-01-31T12:00:00.000Z`.
package enum Timestamp {
    /// The text, in UTC, to the millisecond.
    ///
    /// - SeeAlso: <https://howardhinnant.github.io/date_algorithms.html>, `civil_from_days`
    package static func text(_ date: Date) -> String {
        let milliseconds = Int64(clamping: (date.timeIntervalSince1970 * 1000).rounded(.down))
        let (days, rest) = floorDivided(milliseconds, 86_400_000)
        let shifted = days + 719_468
        let era = floorDivided(shifted, 146_097).quotient
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        var text = padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T"
        text += padded(rest / 3_600_000, 2) + ":" + padded(rest / 60_000 % 60, 2) + ":" + padded(rest / 1000 % 60, 2)
        return text + "." + padded(rest % 1000, 3) + "Z"
    }

    /// Reads what ``text(_:)`` wrote.
    ///
    /// - Returns: Nil for anything else.
    /// - SeeAlso: The same page, `days_from_civil`
    static func date(_ text: String) -> Date? {
        let bytes = Array(text.utf8)
        let marks: [(place: Int, mark: Character)] = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "."), (23, "Z")]
        guard bytes.count == 24, marks.allSatisfy({ bytes[$0.place] == $0.mark.asciiValue }) else { return nil }
        var numbers: [Int64] = []
        for piece in bytes.split(whereSeparator: { !(0x30...0x39).contains($0) }) {
            numbers.append(piece.reduce(0) { $0 * 10 + Int64($1 - 0x30) })
        }
        guard numbers.count == 7, 1...12 ~= numbers[1] else { return nil }
        let year = numbers[1] <= 2 ? numbers[0] - 1 : numbers[0]
        let era = floorDivided(year, 400).quotient
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (numbers[1] > 2 ? numbers[1] - 3 : numbers[1] + 9) + 2) / 5 + numbers[2] - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let milliseconds = ((days * 24 + numbers[3]) * 60 + numbers[4]) * 60_000 + numbers[5] * 1000 + numbers[6]
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    private static func floorDivided(_ number: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
