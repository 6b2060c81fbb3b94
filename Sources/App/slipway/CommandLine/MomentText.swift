import FoundationEssentials

/// Moments as people type them, in UTC: `2026-01-31`, `2026-01-31T12:00:00Z`.
enum MomentText {
    /// Reads a moment; nil when it isn't one.
    static func parse(_ text: String) -> Date? {
        let whole = text.utf8.count == 10 ? text + "T00:00:00Z" : text
        return try? Date(whole, strategy: .iso8601)  // any failure means the same: not a moment
    }
}
