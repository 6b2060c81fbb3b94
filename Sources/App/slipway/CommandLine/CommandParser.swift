import Log

/// Reads the words of a command line by a tree of ``CommandSpec``.
///
/// Options may stand anywhere after the program's name, also between and after arguments; the root's options are valid for every command.
/// `--name value` and `--name=value` mean the same; `--` ends the options; short flags combine (`-fq`).
struct CommandParser: Sendable {
    /// What the words ask for.
    enum Invocation: Sendable {
        case run(ParsedCommand)
        /// Help for the command at `path`; the root for an empty one.
        case help(path: [String])
    }

    let root: CommandSpec

    /// Reads `words`, the command line without the program's name.
    ///
    /// - Throws: ``UsageError`` for anything that doesn't fit, with the first thing to change.
    func parse(_ words: [String]) throws(UsageError) -> Invocation {
        if words == ["--version"], root.subcommand("version") != nil { return try parse(["version"]) }
        var walk = Walk(root: root, words: words)
        try walk.run()
        if walk.path.first == "help" {
            let path = walk.positionals
            try walk.checkHelp(path)
            return .help(path: path)
        }
        if walk.wantsHelp || (walk.path.isEmpty && walk.positionals.isEmpty) { return .help(path: walk.path) }
        return .run(try walk.finish())
    }
}

/// One pass over the words.
private struct Walk {
    let root: CommandSpec
    let words: [String]
    var command: CommandSpec
    var path: [String] = []
    var positionals: [String] = []
    var values: [String: [String]] = [:]
    var wantsHelp = false
    private var index = 0

    init(root: CommandSpec, words: [String]) {
        self.root = root
        self.words = words
        command = root
    }

    /// The command's own options first, so that they win over the root's.
    private var options: [OptionSpec] { path.isEmpty ? root.options : command.options + root.options }

    mutating func run() throws(UsageError) {
        // Help wins over every mistake before it and after it, as long as the command is clear.
        let optionWords = words.prefix { $0 != "--" }
        wantsHelp = optionWords.contains("--help") || optionWords.contains("-h")
        if wantsHelp {
            for word in optionWords {
                guard let next = command.subcommand(word) else { continue }
                command = next
                path.append(word)
            }
            return
        }
        while index < words.count {
            let word = words[index]
            index += 1
            if word == "--" {
                positionals += words[index...]
                break
            } else if word.hasPrefix("--") {
                try long(word)
            } else if word.hasPrefix("-"), word.utf8.count > 1, Int(word) == nil {
                try short(word)
            } else if command.subcommands.isEmpty {
                positionals.append(word)
            } else if let next = command.subcommand(word) {
                command = next
                path.append(word)
            } else {
                throw unknownCommand(word, in: command, at: path)
            }
        }
    }

    // MARK: Options

    private mutating func long(_ word: String) throws(UsageError) {
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts[0]
        guard let option = options.first(where: { $0.name == name }) else {
            throw unknownOption("--\(name)", meant: name)
        }
        if parts.count == 2, !option.takesValue {
            throw fail("--\(name) takes no value: write just --\(name)")
        }
        try take(option, shown: "--\(name)", value: parts.count == 2 ? parts[1] : nil)
    }

    private mutating func short(_ word: String) throws(UsageError) {
        let letters = Array(word.dropFirst())
        // Terraform's own options have one dash.
        let name = String(word.dropFirst().prefix { $0 != "=" })
        if letters.count > 1, options.contains(where: { $0.name == name }) {
            throw fail("write --\(name) with two dashes instead of -\(name)")
        }
        for (position, letter) in letters.enumerated() {
            guard let option = options.first(where: { $0.short == letter }) else {
                throw unknownOption(letters.count == 1 ? word : "-\(letter) in \(word)", meant: name)
            }
            guard option.takesValue else {
                try take(option, shown: "-\(letter)", value: nil)
                continue
            }
            let attached = String(letters[(position + 1)...])
            try take(option, shown: "-\(letter)", value: attached.isEmpty ? nil : attached)
            return
        }
    }

    private mutating func take(_ option: OptionSpec, shown: String, value: String?) throws(UsageError) {
        guard let kind = option.kind else {
            values[option.name] = [""]
            return
        }
        let text: String
        if let value {
            text = value
        } else if index < words.count, words[index] != "--", !isOption(words[index]) {
            text = words[index]
            index += 1
        } else {
            throw fail("\(shown) needs a value, as in \(shown) \(option.placeholder)")
        }
        if let complaint = kind.complaint(about: text) { throw fail("\(shown) \(complaint)") }
        if !option.isRepeatable, values[option.name] != nil { throw fail("\(shown) was given twice: leave one out") }
        values[option.name, default: []].append(text)
    }

    /// Whether a word is one of the options known here, so that it can't be the forgotten value of the option before it.
    private func isOption(_ word: String) -> Bool {
        guard word.hasPrefix("-") else { return false }
        let name = word.drop { $0 == "-" }.prefix { $0 != "=" }
        return options.contains { "--\($0.name)" == "--\(name)" && word.hasPrefix("--") || $0.short.map { "-\($0)" } == word }
    }

    // MARK: The end

    mutating func finish() throws(UsageError) -> ParsedCommand {
        guard command.subcommands.isEmpty else {
            throw fail("'\(command.name)' needs a command: \(Suggestion.list(command.subcommands.map(\.name), "or"))")
        }
        try assignArguments()
        for option in command.options where option.isRequired && values[option.name] == nil {
            throw fail("--\(option.name) is missing: add \(option.usage)")
        }
        for group in command.exclusive + root.exclusive {
            let given = group.filter { values[$0] != nil }.map { "--\($0)" }
            if given.count > 1 { throw fail("\(Suggestion.list(given, "and")) contradict each other: leave one out") }
        }
        return ParsedCommand(path: path, spec: command, values: values)
    }

    private mutating func assignArguments() throws(UsageError) {
        var rest = positionals[...]
        for argument in command.arguments {
            guard !rest.isEmpty else {
                if argument.isRequired { throw fail("\(argument.name) is missing: \(argument.summary.lowercasedFirst)") }
                break
            }
            let taken = argument.isRepeatable ? rest : rest.prefix(1)
            for word in taken {
                if let complaint = argument.kind.complaint(about: word) { throw fail("\(argument.name) \(complaint)") }
            }
            values[argument.name] = Array(taken)
            rest = rest.dropFirst(taken.count)
        }
        if let extra = rest.first {
            let limit = command.arguments.isEmpty ? "takes no arguments" : "takes no more arguments"
            throw fail("'\(path.joined(separator: " "))' \(limit): leave out '\(Harmless.line(extra))'")
        }
    }

    /// Checks the words after `help`.
    func checkHelp(_ path: [String]) throws(UsageError) {
        var command = root
        for (depth, name) in path.enumerated() {
            guard let next = command.subcommand(name) else { throw unknownCommand(name, in: command, at: Array(path.prefix(depth))) }
            command = next
        }
    }

    // MARK: Errors

    private func fail(_ message: String) -> UsageError { UsageError(message: message, command: path) }

    private func unknownCommand(_ word: String, in command: CommandSpec, at path: [String]) -> UsageError {
        let names = command.subcommands.map(\.name)
        let shown = (path + [Harmless.line(word)]).joined(separator: " ")
        let hint = Suggestion.nearest(to: word, in: names).map { ": did you mean \((path + [$0]).joined(separator: " "))?" }
        let known = path.isEmpty ? ": 'slipway help' lists them" : ": it is one of \(Suggestion.list(names, "or"))"
        return UsageError(message: "there is no command '\(shown)'\(hint ?? known)", command: path)
    }

    private func unknownOption(_ shown: String, meant name: String) -> UsageError {
        let word = Harmless.line(shown)
        if let hint = Suggestion.nearest(to: name, in: options.map(\.name)) {
            return fail("there is no option \(word): did you mean --\(hint)?")
        }
        let owner = path.isEmpty ? "slipway" : "'\(path.joined(separator: " "))'"
        return fail("\(owner) has no option \(word): leave it out, or put '--' before it if it is an argument")
    }
}

extension String {
    /// The text with a small first letter, to stand within a sentence.
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
