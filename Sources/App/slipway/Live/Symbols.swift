import Log

/// The signs of the live view: Unicode where the locale says that the terminal shows it, else ASCII.
struct Symbols: Sendable, Equatable {
    let isUnicode: Bool
    let spinner: [String]
    let done: String
    let failed: String
    let waiting: String
    let barDone: String
    let barLeft: String
    let ellipsis: String
    let dot: String
    /// The left edge of a diagnostic: first line, lines between, last line.
    let box: (top: String, side: String, bottom: String)

    static let unicode = Symbols(
        isUnicode: true,
        spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
        done: "✓",
        failed: "✗",
        waiting: "–",
        barDone: "━",
        barLeft: "╌",
        ellipsis: "…",
        dot: "·",
        box: ("╷", "│", "╵")
    )

    static let ascii = Symbols(
        isUnicode: false,
        spinner: ["|", "/", "-", "\\"],
        done: "*",
        failed: "!",
        waiting: "-",
        barDone: "#",
        barLeft: ".",
        ellipsis: "...",
        dot: "-",
        box: ("|", "|", "|")
    )

    /// Unicode when the first that is set of `LC_ALL`, `LC_CTYPE` and `LANG` names UTF-8.
    static func suited(to environment: [String: String]) -> Symbols {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let name = locale.uppercased()
        return name.contains("UTF-8") || name.contains("UTF8") ? .unicode : .ascii
    }

    /// Makes text from elsewhere fit: harmless, and without what an ASCII terminal can't show.
    func clean(_ text: String) -> String {
        let harmless = Harmless.line(text)
        return isUnicode || harmless.utf8.allSatisfy { $0 < 0x80 } ? harmless : String(harmless.map { $0.isASCII ? $0 : "?" })
    }

    static func == (left: Symbols, right: Symbols) -> Bool { left.isUnicode == right.isUnicode }
}
