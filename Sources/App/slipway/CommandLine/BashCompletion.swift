/// The completion script for bash 4 and later; needs no bash-completion package.
struct BashCompletion: Sendable {
    let root: CommandSpec

    func script() -> String {
        """
        # bash completion for slipway; made by 'slipway completions bash'.

        # Sets words, options and files (the kind of files, if any) for the command "$1".
        _slipway_place() {
            case "$1" in
        \(places)
            *) return 1 ;;
            esac
        }

        # Sets words or files for the value of option "$2" at command "$1"; fails when it takes none.
        _slipway_value() {
            case "$1:$2" in
        \(values)
            *) return 1 ;;
            esac
        }

        _slipway() {
            local current="${COMP_WORDS[COMP_CWORD]}" previous="" place="" word words="" options="" files="" index ended=""
            COMPREPLY=()
            for ((index = 1; index < COMP_CWORD; index++)); do
                word="${COMP_WORDS[index]}"
                [[ "$word" == "=" ]] && continue
                if [[ "$word" == "--" ]]; then ended=1; previous=""; continue; fi
                if [[ -n "$previous" ]]; then previous=""; continue; fi
                if [[ -z "$ended" && "$word" == -* ]]; then
                    _slipway_value "$place" "$word" && previous="$word"
                    words="" files=""
                elif _slipway_place "${place:+$place }$word"; then
                    place="${place:+$place }$word"
                fi
            done
            words="" options="" files=""
            if [[ -n "$previous" ]]; then
                [[ "$current" == "=" ]] && current=""
                _slipway_value "$place" "$previous"
            else
                _slipway_place "$place"
                if [[ "$current" == -* && -z "$ended" ]]; then words="$options" files=""; fi
            fi
            COMPREPLY=($(compgen -W "$words" -- "$current"))
            if [[ -n "$files" ]]; then
                compopt -o filenames 2>/dev/null
                local IFS=$'\\n'
                if [[ "$files" == folder ]]; then
                    COMPREPLY+=($(compgen -d -- "$current"))
                else
                    COMPREPLY+=($(compgen -f -- "$current"))
                fi
            fi
        }

        complete -F _slipway slipway
        """ + "\n"
    }

    private var places: String {
        Completions.places(root)
            .map { place in
                let words = Completions.words(place).map(\.word).joined(separator: " ")
                let options = place.options.map { "--\($0.name)" }.joined(separator: " ")
                let files = place.argument.flatMap(files) ?? ""
                return
                    "    \(Completions.quoted(place.name))) words=\(Completions.quoted(words)) options=\(Completions.quoted(options)) files='\(files)' ;;"
            }
            .joined(separator: "\n")
    }

    private var values: String {
        Completions.places(root)
            .flatMap { place in
                place.options.compactMap { option in
                    guard let kind = option.kind else { return nil }
                    var words = ""
                    if case .choice(let choices) = kind { words = choices.joined(separator: " ") }
                    let patterns = ["--\(option.name)"] + (option.short.map { ["-\($0)"] } ?? [])
                    let pattern = patterns.map { Completions.quoted("\(place.name):\($0)") }.joined(separator: "|")
                    return "    \(pattern)) words=\(Completions.quoted(words)) files='\(files(kind) ?? "")' ;;"
                }
            }
            .joined(separator: "\n")
    }

    private func files(_ kind: ValueKind) -> String? {
        switch kind {
        case .file, .path: "file"
        case .folder: "folder"
        default: nil
        }
    }
}
