/// What a command gave.
package struct SSHResult: Sendable, Equatable {
    package let standardOutput: [UInt8]
    package let standardError: [UInt8]
    package let exit: SSHExit

    package init(standardOutput: [UInt8], standardError: [UInt8], exit: SSHExit) {
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.exit = exit
    }

    /// Whether it ended by itself with status 0.
    package var succeeded: Bool { exit == .status(0) }

    /// The standard output as text, without white space at its end; what is no UTF-8 becomes `\u{FFFD}`.
    package var text: String { Self.text(standardOutput) }

    /// The standard error as text, without white space at its end.
    package var errorText: String { Self.text(standardError) }

    private static func text(_ bytes: [UInt8]) -> String {
        let end = bytes.lastIndex { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } ?? -1
        return String(decoding: bytes[..<(end + 1)], as: UTF8.self)
    }
}

/// How a command ended.
package enum SSHExit: Sendable, Equatable {
    case status(Int)
    /// By a signal, named without `SIG`: `KILL`, `SEGV`.
    case signal(String)
}
