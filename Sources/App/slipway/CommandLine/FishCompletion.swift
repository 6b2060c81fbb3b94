/// The completion script for fish 3 and later.
struct FishCompletion: Sendable {
    let root: CommandSpec

    func script() -> String {
        """
        # fish completion for slipway; made by 'slipway completions fish'.

        # Prints the command that has been typed so far, without options and their values.
        function __slipway_place
            set -l tokens (commandline -opc)
            set -l place
            set -l skip 0
            for token in $tokens[2..-1]
                if test $skip -eq 1
                    set skip 0
                    continue
                end
                switch $token
                    case \(valued)
                        set skip 1
                    case '-*'
                    case '*'
                        set -l next (string join ' ' $place $token)
                        contains -- $next \(names) && set place $place $token
                end
            end
            string join ' ' $place
        end

        function __slipway_at
            test "$(__slipway_place)" = "$argv[1]"
        end

        complete -c slipway -f
        \(lines)
        """ + "\n"
    }

    /// Options that swallow the next word.
    private var valued: String {
        let names = Completions.places(root).flatMap(\.options).filter(\.takesValue).map { "--\($0.name)" }
        return Set(names).sorted().joined(separator: " ")
    }

    private var names: String {
        Completions.places(root).filter { !$0.path.isEmpty }.map { Completions.quoted($0.name) }.joined(separator: " ")
    }

    private var lines: String {
        var lines = root.options.map { "complete -c slipway\(option($0))" }
        for place in Completions.places(root) {
            let at = "complete -c slipway -n \(Completions.quoted("__slipway_at \(Completions.quoted(place.name))"))"
            lines += Completions.words(place).map { "\(at) -a \(Completions.quoted($0.word)) -d \(Completions.quoted($0.meaning))" }
            if !place.path.isEmpty { lines += place.command.options.map { at + option($0) } }
            switch place.argument {
            case .path, .file: lines.append("\(at) -F")
            case .folder: lines.append("\(at) -a '(__fish_complete_directories)'")
            default: break
            }
        }
        return lines.joined(separator: "\n")
    }

    private func option(_ option: OptionSpec) -> String {
        var text = " -l \(option.name)"
        if let short = option.short { text += " -s \(short)" }
        switch option.kind {
        case nil: break
        case .file, .path: text += " -rF"
        case .folder: text += " -xa '(__fish_complete_directories)'"
        case .choice(let words): text += " -xa \(Completions.quoted(words.joined(separator: " ")))"
        default: text += " -x"
        }
        return text + " -d \(Completions.quoted(option.summary))"
    }
}
