/// A positional argument of a command.
struct ArgumentSpec: Sendable {
    /// As the usage line shows it, in capitals: `JOB`, `DIR|FILE`.
    let name: String
    let summary: String
    var kind: ValueKind = .text
    var isRequired = true
    /// Takes all that remain; only the last argument may.
    var isRepeatable = false
}
