import FoundationEssentials
import Host

/// Where a command's results go: text for people, one JSON document for programs.
struct Output: Sendable {
    let environment: [String: String]
    let isJSON: Bool

    /// The width of the terminal, or nil when the output is none.
    var width: Int? { Terminal.standardOutput.size?.columns }

    var isTerminal: Bool { Terminal.standardOutput.isTerminal }

    var paint: Paint { Paint.standard(isTerminal: isTerminal, environment: environment) }

    var symbols: Symbols { Symbols.standard(environment: environment) }

    /// Prints a line of a result.
    func line(_ text: String) { write(text + "\n", to: .standardOutput) }

    /// Prints text as it is.
    func raw(_ text: String) { write(text, to: .standardOutput) }

    func raw(_ bytes: [UInt8]) {
        // A reader that went away (`| head`) has what it wanted.
        try? Terminal.standardOutput.write(bytes)
    }

    /// Prints what is no result: hints, questions, warnings.
    func note(_ text: String) { write(text + "\n", to: .standardError) }

    /// Prints one JSON document.
    func json(_ value: some Encodable) throws { line(try Self.text(of: value)) }

    func table(_ table: Table) {
        for row in table.render(width: width, paint: paint, symbols: symbols) { line(row) }
    }

    func help(_ path: [String]) {
        line(HelpText.render(path: path, root: CommandTree.root, width: width ?? 80, paint: paint))
    }

    /// Says what went wrong, in the one place that makes sentences and exit codes of errors.
    func failure(_ error: any Error) -> ExitCode {
        let usage = error as? UsageError
        let sentence = ErrorText.sentence(of: error)
        if isJSON {
            line((try? Self.text(of: ["error": sentence])) ?? "{}")
        } else {
            note("slipway: \(sentence)")
            if let usage { note(usage.hint) }
        }
        return usage == nil ? .failed : .usage
    }

    static func text(of value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private func write(_ text: String, to terminal: Terminal) {
        // A reader that went away (`| head`) has what it wanted.
        try? terminal.write(text)
    }
}
