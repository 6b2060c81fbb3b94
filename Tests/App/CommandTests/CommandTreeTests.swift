import Testing

@testable import slipway

@Suite struct CommandTreeTests {
    private let places = Completions.places(CommandTree.root)

    @Test func `it has every command of the product`() {
        let expected = [
            "deploy", "destroy", "plan", "refresh", "approve", "refuse", "provision", "jobs", "status", "logs", "cancel", "outputs",
            "state", "state pull", "state list", "state versions", "deployments", "serve", "worker", "local-cloud", "doctor", "version",
            "credential",
            "credential add", "credential list", "credential remove", "keys", "keys list", "keys add", "keys rotate", "keys retire",
            "keys ssh", "server", "server register", "server list",
            "server show", "server check", "server rename", "server remove", "server ssh", "server settings", "local-cloud",
            "state backend", "state unlock", "state show", "state diff", "state export", "state rollback", "state restore", "state import",
            "state pin",
            "state unpin", "state backup", "state verify", "state prune", "state retention", "state rebuild", "org", "org add", "org list",
            "org rename",
            "org licence", "org network", "org limits", "org remove", "user", "user add", "user list", "user disable", "user enable",
            "user password",
            "user grant",
            "user revoke", "token", "token add", "token list", "token revoke", "audit", "login", "logout", "completions", "help",
        ]
        #expect(Set(places.map(\.name)).subtracting([""]) == Set(expected))
    }

    @Test func `every example in the help is a line that the parser takes`() throws {
        let parser = CommandParser(root: CommandTree.root)
        for place in places {
            for example in place.command.examples {
                let words = Self.words(of: example.line)
                #expect(throws: Never.self, "\(example.line)") { try parser.parse(words) }
            }
        }
    }

    @Test func `every command has a summary without a full stop, and one that runs has an example`() {
        for place in places {
            #expect(!place.command.summary.isEmpty && !place.command.summary.hasSuffix("."), "\(place.name)")
            #expect(!place.command.subcommands.isEmpty || !place.command.examples.isEmpty, "\(place.name)")
            for option in place.command.options { #expect(!option.summary.hasSuffix("."), "\(place.name) --\(option.name)") }
        }
    }

    @Test func `no option's name or letter means two things at one command`() {
        for place in places {
            let names = place.options.map(\.name)
            let letters = place.options.compactMap(\.short)
            #expect(Set(names).count == names.count, "\(place.name)")
            #expect(Set(letters).count == letters.count, "\(place.name)")
            #expect(place.command.exclusive.joined().allSatisfy(names.contains), "\(place.name)")
        }
    }

    /// The words after `slipway` in an example, up to a pipe or redirection, with single quotes as a shell reads them.
    private static func words(of line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in line {
            switch character {
            case "'": isQuoted.toggle()
            case " " where !isQuoted, ")" where !isQuoted:
                words.append(word)
                word = ""
            default: word.append(character)
            }
        }
        words.append(word)
        let start = words.firstIndex { $0.hasSuffix("slipway") }.map { $0 + 1 } ?? 0
        return words[start...].prefix { $0 != ">" && $0 != "|" }.filter { !$0.isEmpty }
    }
}
