/// One line of Terraform's output, masked: what it says, and how a person reads it.
package struct TerraformLine: Sendable, Hashable {
    package enum Level: String, Sendable, Hashable, Comparable, CaseIterable {
        case trace, debug, info, warn, error

        package static func < (left: Level, right: Level) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    package var event: TerraformEvent
    package var level: Level
    /// Terraform's own sentence; for plain text the line.
    ///
    /// Valid UTF-8, without the line end; may itself hold several lines.
    package var message: String
    /// Terraform's clock, RFC 3339; nil for plain text.
    package var timestamp: String?
    /// It was longer than ``LineSplitter/limit``, and the rest is gone.
    package var isTruncated: Bool

    package init(event: TerraformEvent, level: Level = .info, message: String, timestamp: String? = nil, isTruncated: Bool = false) {
        self.event = event
        self.level = level
        self.message = message
        self.timestamp = timestamp
        self.isTruncated = isTruncated
    }
}
