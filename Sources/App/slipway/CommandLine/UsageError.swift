/// A command line that can't be run: one sentence that says what to change.
///
/// The program prints ``message`` and ``hint`` on standard error and exits with ``ExitCode/usage``.
struct UsageError: Error, Equatable, CustomStringConvertible {
    let message: String
    /// The command that was recognized so far, without the program's name.
    var command: [String] = []

    /// Where to read more.
    var hint: String { "Run '\((["slipway"] + command + ["--help"]).joined(separator: " "))' for its use." }

    var description: String { message }
}
