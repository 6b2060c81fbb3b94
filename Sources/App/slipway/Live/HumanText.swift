import Domain
import FoundationEssentials

/// Numbers as people read them.
enum HumanText {
    /// `0.4s`, `12s`, `2m 05s`, `1h 02m`, `3d 04h`.
    static func duration(_ seconds: Double) -> String {
        let seconds = max(0, seconds.isFinite ? seconds : 0)
        if seconds < 9.95 { return decimal(seconds) + "s" }
        let whole = Int(clamping: min(seconds, 1e12).rounded())
        return switch whole {
        case ..<60: "\(whole)s"
        case ..<3600: "\(whole / 60)m \(twoDigits(whole % 60))s"
        case ..<86400: "\(whole / 3600)h \(twoDigits(whole % 3600 / 60))m"
        default: "\(whole / 86400)d \(twoDigits(whole % 86400 / 3600))h"
        }
    }

    /// `0.4s`, `12s`, `2m 05s`.
    static func duration(_ duration: Duration) -> String {
        self.duration(Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18)
    }

    /// `512 B`, `1.5 KB`, `20 MB`; powers of 1024.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "KB", "MB", "GB"] {
            if value < 1023.5 { return (unit == "B" ? String(count) : short(value)) + " \(unit)" }
            value /= 1024
        }
        return short(value) + " TB"
    }

    /// `just now`, `5 minutes ago`, `in 2 hours`; from 30 days on the day itself.
    static func relative(_ date: Date, now: Date) -> String {
        let seconds = now.timeIntervalSince(date)
        let distance = Int(clamping: abs(seconds))
        let text: String
        switch distance {
        case ..<10: return seconds >= 0 ? "just now" : "in a moment"
        case ..<60: text = count(distance, "second")
        case ..<3600: text = count(distance / 60, "minute")
        case ..<86400: text = count(distance / 3600, "hour")
        case ..<(30 * 86400): text = count(distance / 86400, "day")
        default: return String(date.formatted(.iso8601).prefix(10))
        }
        return seconds >= 0 ? "\(text) ago" : "in \(text)"
    }

    /// `1 resource`, `2 resources`.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    private static func short(_ value: Double) -> String { value >= 9.95 ? String(Int(clamping: value.rounded())) : decimal(value) }

    private static func decimal(_ value: Double) -> String {
        let tenths = Int(clamping: (value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
