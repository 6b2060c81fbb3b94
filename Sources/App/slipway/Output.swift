import FoundationEssentials
import Host

/// Where a command's results go: text for people, one JSON document for programs.
struct Output: Sendable {
    let console: Console
    let isJSON: Bool

    init(environment: [String: String], isJSON: Bool) {
        console = Console(environment: environment)
        self.isJSON = isJSON
    }

    var isTerminal: Bool { console.isTerminal }

    /// Prints a line of a result.
    func line(_ text: String = "") { console.print(text) }

    /// Prints text without a line end.
    func raw(_ text: String) { console.write(text) }

    /// Prints text over the line that was printed last.
    func rewrite(_ text: String) { console.rewrite(text) }

    /// Prints what is no result: hints, notices, warnings.
    func note(_ text: String) { console.note(text) }

    /// Prints one JSON document.
    func json(_ value: some Encodable) throws { document(try JSONView.document(value)) }

    /// Prints one that is JSON already.
    func document(_ json: String) { console.document(json) }

    func table(_ table: Table) {
        for row in table.render(width: console.width, paint: console.paint, symbols: console.symbols) { line(row) }
    }

    func help(_ path: [String]) {
        line(HelpText(root: CommandTree.root, width: console.width ?? 80, paint: console.paint).render(path))
    }

    /// Says what went wrong: the one place that makes sentences and exit codes of errors.
    func failure(_ error: any Error) -> ExitCode {
        let usage = error as? UsageError
        let sentence = ErrorText.sentence(of: error)
        if isJSON, let document = try? JSONView.document(["error": sentence]) { console.document(document) }  // a text always encodes
        console.complain(sentence, hint: usage?.hint)
        return usage == nil ? .failed : .usage
    }
}
