internal import FoundationEssentials

/// The two ways in which S3 writes a time.
enum S3Date {
    /// `2026-11-20T09:36:29.426Z`, to the second.
    static func listing(_ text: String) -> Date? {
        let whole = text.prefix { $0 != "." && $0 != "Z" }
        return try? Date("\(whole)Z", strategy: .iso8601)
    }

    /// `Fri, 20 Nov 2026 09:36:29 GMT`.
    ///
    /// - SeeAlso: RFC 9110, section 5.6.7
    static func header(_ text: String) -> Date? {
        let words = text.split(separator: " ")
        guard words.count == 6, let month = months.firstIndex(of: String(words[2])) else { return nil }
        let number = month + 1
        return listing("\(words[3])-\(number < 10 ? "0" : "")\(number)-\(words[1])T\(words[4])Z")
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
