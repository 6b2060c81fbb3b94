/// The completion script for zsh; works sourced after `compinit` and as a file `_slipway` in `fpath`.
struct ZshCompletion: Sendable {
    let root: CommandSpec

    func script() -> String {
        """
        #compdef slipway
        # zsh completion for slipway; made by 'slipway completions zsh'.

        \(functions)

        _slipway() { local context state state_descr line; typeset -A opt_args; _slipway_root "$@" }

        if [[ "$funcstack[1]" == _slipway ]]; then _slipway "$@"; else compdef _slipway slipway; fi
        """ + "\n"
    }

    private var functions: String { Completions.places(root).map(function).joined(separator: "\n\n") }

    private func name(_ path: [String]) -> String { "_slipway_" + (path.isEmpty ? "root" : path.joined(separator: "_")) }

    private func function(_ place: Completions.Place) -> String {
        var specs = place.options.flatMap(option)
        let words = Completions.words(place)
        if !place.command.subcommands.isEmpty {
            specs += ["'1: :->command'", "'*:: :->rest'"]
        } else if place.path == ["help"] {
            specs.append("'*:command:(\(words.map(\.word).joined(separator: " ")))'")
        } else {
            for (index, argument) in place.command.arguments.enumerated() {
                specs.append(Completions.quoted("\(index + 1):\(escaped(argument.name)):\(action(argument.kind))"))
            }
        }
        var lines = ["\(name(place.path))() {", "    _arguments -s \\", specs.map { "        \($0)" }.joined(separator: " \\\n")]
        if !place.command.subcommands.isEmpty {
            lines += ["    case $state in", "    command)", "        local -a commands=("]
            lines += words.map { "            \(Completions.quoted("\($0.word):\(escaped($0.meaning))"))" }
            lines += ["        )", "        _describe command commands ;;", "    rest)", "        case $words[1] in"]
            lines += words.map { "        \($0.word)) \(name(place.path + [$0.word])) ;;" }
            lines += ["        esac ;;", "    esac"]
        }
        return (lines + ["}"]).joined(separator: "\n")
    }

    private func option(_ option: OptionSpec) -> [String] {
        let text = "[\(escaped(option.summary))]"
        let value = option.kind.map { ":\(escaped(option.placeholder)):\(action($0))" } ?? ""
        let sign = option.takesValue ? "=" : ""
        let star = option.isRepeatable ? "*" : ""
        guard let short = option.short else { return [Completions.quoted("\(star)--\(option.name)\(sign)\(text)\(value)")] }
        let both = "'(-\(short) --\(option.name))'"
        return ["-\(short)", "--\(option.name)\(sign)"].map { both + Completions.quoted("\($0)\(text)\(value)") }
    }

    private func action(_ kind: ValueKind) -> String {
        switch kind {
        case .file, .path: "_files"
        case .folder: "_files -/"
        case .choice(let words): "(\(words.joined(separator: " ")))"
        default: " "
        }
    }

    private func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if "[]:\\".contains(character) { result.append("\\") }
            result.append(character)
        }
    }
}
