/// An option of a command: a flag, or one with a value.
struct OptionSpec: Sendable {
    /// Without its dashes.
    let name: String
    var short: Character?
    /// Nil for a flag.
    var kind: ValueKind?
    /// What the help shows in the value's place, in capitals.
    var placeholder = ""
    var isRepeatable = false
    var isRequired = false
    let summary: String

    /// An option that is there or not.
    static func flag(_ name: String, short: Character? = nil, _ summary: String) -> OptionSpec {
        OptionSpec(name: name, short: short, summary: summary)
    }

    /// An option with a value: `--name VALUE` or `--name=VALUE`.
    static func value(
        _ name: String,
        short: Character? = nil,
        _ placeholder: String,
        _ kind: ValueKind,
        isRepeatable: Bool = false,
        isRequired: Bool = false,
        _ summary: String
    ) -> OptionSpec {
        OptionSpec(
            name: name,
            short: short,
            kind: kind,
            placeholder: placeholder,
            isRepeatable: isRepeatable,
            isRequired: isRequired,
            summary: summary
        )
    }

    var takesValue: Bool { kind != nil }

    /// The option as it is typed, `--var K=V`.
    var usage: String { takesValue ? "--\(name) \(placeholder)" : "--\(name)" }
}
