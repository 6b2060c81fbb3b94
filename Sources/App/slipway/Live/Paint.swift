/// Colours for a terminal, or none.
struct Paint: Sendable, Equatable {
    let isOn: Bool

    static let plain = Paint(isOn: false)
    static let colour = Paint(isOn: true)

    /// Colours only on a terminal that can show them, and never against the wish of the user.
    ///
    /// - Parameters:
    ///   - isTerminal: Whether the output is one.
    ///   - environment: `NO_COLOR` when not empty, or `TERM=dumb`, turns colours off.
    /// - SeeAlso: <https://no-color.org>
    init(isTerminal: Bool, environment: [String: String]) {
        isOn = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    private init(isOn: Bool) { self.isOn = isOn }

    /// The numbers in the sequences that are used here.
    static let codes: Set<String> = ["0", "1", "2", "31", "32", "33", "34", "36"]

    func bold(_ text: String) -> String { wrap(text, "1") }
    func dim(_ text: String) -> String { wrap(text, "2") }
    func red(_ text: String) -> String { wrap(text, "31") }
    func green(_ text: String) -> String { wrap(text, "32") }
    func yellow(_ text: String) -> String { wrap(text, "33") }
    func blue(_ text: String) -> String { wrap(text, "34") }
    func cyan(_ text: String) -> String { wrap(text, "36") }

    private func wrap(_ text: String, _ code: String) -> String {
        isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
