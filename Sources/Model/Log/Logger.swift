/// How much a log line matters.
package enum LogLevel: String, Sendable, CaseIterable, Comparable {
    /// For the person who is looking for a fault.
    case debug
    /// One line per transition.
    case info
    /// Degraded, but at work.
    case warning
    /// A person must act.
    case error

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}

/// Writes structured log lines: a constant message, and data as fields with dotted keys (`job.id`).
package struct Logger: Sendable {
    /// One value of a field.
    package enum Value: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringInterpolation {
        case text(String)
        case number(Int64)

        package init(stringLiteral value: String) { self = .text(value) }
        package init(integerLiteral value: Int64) { self = .number(value) }
        package init(_ value: some CustomStringConvertible) { self = .text(value.description) }
        package init(_ value: Int) { self = .number(Int64(value)) }
    }

    package typealias Fields = KeyValuePairs<String, Value>

    private let minimum: LogLevel
    private let write: @Sendable (LogLevel, String, [(String, Value)]) -> Void

    /// Makes a logger.
    ///
    /// - Parameters:
    ///   - minimum: Less than this is dropped.
    ///   - write: Called with level, message and fields, on the caller's thread; must not block for long.
    package init(minimum: LogLevel = .info, write: @escaping @Sendable (LogLevel, String, [(String, Value)]) -> Void) {
        self.minimum = minimum
        self.write = write
    }

    /// A logger that drops everything.
    package static let none = Logger(minimum: .error) { _, _, _ in }

    /// Whether lines of a level are written at all.
    package func writes(_ level: LogLevel) -> Bool { level >= minimum }

    package func debug(_ message: StaticString, _ fields: Fields = [:]) { log(.debug, message, fields) }
    package func info(_ message: StaticString, _ fields: Fields = [:]) { log(.info, message, fields) }
    package func warning(_ message: StaticString, _ fields: Fields = [:]) { log(.warning, message, fields) }
    package func error(_ message: StaticString, _ fields: Fields = [:]) { log(.error, message, fields) }

    private func log(_ level: LogLevel, _ message: StaticString, _ fields: Fields) {
        guard level >= minimum else { return }
        write(level, "\(message)", fields.map { ($0.key, $0.value) })
    }
}
