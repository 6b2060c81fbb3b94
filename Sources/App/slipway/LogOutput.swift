import FoundationEssentials
import Host
import Log

/// Log lines on standard error: `2026-01-31T12:00:00Z info Job leased job.id=deploy-… worker.id=…`.
enum LogOutput {
    static func logger(minimum: LogLevel) -> Logger {
        Logger(minimum: minimum) { level, message, fields in
            var line = "\(Date().formatted(.iso8601)) \(level.rawValue) \(message)"
            for (name, value) in fields { line += " \(name)=\(text(of: value))" }
            try? Terminal.standardError.write(line + "\n")
        }
    }

    /// Between double quotes, in which a single one needs no escape.
    private static func quoted(_ text: String) -> String { Harmless.json(text.debugDescription.replacing("\\'", with: "'")) }

    /// It holds neither blanks nor what the terminal of whoever reads the log would obey.
    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && Harmless.line(text) == text && !text.contains { $0.isWhitespace || $0 == "\"" || $0 == "=" }
    }

    /// Bare where it is one word, else quoted.
    private static func text(of value: Logger.Value) -> String {
        switch value {
        case .number(let number): String(number)
        case .text(let text): isWord(text) ? text : Self.quoted(text)
        }
    }
}
