/// Words of a server, made fit for a line of text.
struct PrintableText {
    let value: String

    /// Control characters become spaces, and what is over 200 characters is left out.
    init(_ text: String) {
        let scalars = text.unicodeScalars.prefix(200).map { $0.properties.generalCategory == .control ? " " : Character($0) }
        value = String(scalars).split(separator: " ").joined(separator: " ")
    }
}
