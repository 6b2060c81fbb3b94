/// A command line that was understood: every value has been checked against its ``ValueKind``.
struct ParsedCommand: Sendable {
    /// The command without the program's name: `["state", "pull"]`.
    let path: [String]
    let spec: CommandSpec
    /// By option name without dashes, or argument name; in the order given.
    ///
    /// A flag holds one empty text.
    let values: [String: [String]]

    /// Whether a flag or option was given.
    func flag(_ name: String) -> Bool { values[name] != nil }

    /// The last value given for an option, or an argument.
    func string(_ name: String) -> String? { values[name]?.last }

    /// All values of a repeatable option or argument, in the order given.
    func strings(_ name: String) -> [String] { values[name] ?? [] }

    /// The duration given for an option.
    func duration(_ name: String) -> Duration? { string(name).flatMap(DurationText.parse) }

    /// The whole number given for an option.
    func integer(_ name: String) -> Int? { string(name).flatMap { Int($0) } }

    /// The `KEY=VALUE` pairs of an option, in the order given.
    func assignments(_ name: String) -> [(key: String, value: String)] {
        strings(name).compactMap { text in
            guard let sign = text.firstIndex(of: "=") else { return nil }
            return (String(text[..<sign]), String(text[text.index(after: sign)...]))
        }
    }

    /// The value of an argument or option that the command's description calls required.
    ///
    /// - Throws: ``UsageError`` when it is missing, which the parser has ruled out for what is marked as required.
    func required(_ name: String) throws(UsageError) -> String {
        guard let value = string(name) else { throw UsageError(message: "\(name) is missing", command: path) }
        return value
    }
}
