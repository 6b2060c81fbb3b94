import Testing

@testable import slipway

@Suite struct HelpTextTests {
    private let spec = CommandSpec(
        name: "slipway",
        summary: "Try things",
        options: [.flag("json", "Print JSON"), .flag("help", short: "h", "Show help")],
        subcommands: [
            CommandSpec(
                name: "launch",
                summary: "Send a boat down the slipway",
                discussion: "It is a one-way trip, so that it asks before it lets go.\n\nBring a rope.",
                arguments: [
                    ArgumentSpec(name: "BOAT", summary: "Its name"),
                    ArgumentSpec(name: "CREW", summary: "Who is on board", isRequired: false, isRepeatable: true),
                ],
                options: [
                    .value("tide", "HEIGHT", .integer(0...9), isRequired: true, "How high the water has to be before anything moves"),
                    .flag("now", short: "n", "Don't wait"), .flag("later", "Wait"),
                ],
                exclusive: [["now", "later"]],
                examples: [.init("slipway launch Ada --tide 3", "One boat")],
                exitCodes: [.done, .usage]
            )
        ]
    )

    @Test func `a command's help`() {
        let expected = """
            Send a boat down the slipway.

            It is a one-way trip, so that it asks before it lets go.

            Bring a rope.

            Usage: slipway launch BOAT [CREW...] --tide HEIGHT
                   [--now|--later]

            Arguments:
              BOAT  Its name
              CREW  Who is on board

            Options:
                  --tide HEIGHT  How high the water has to be before
                                 anything moves (required)
              -n, --now          Don't wait
                  --later        Wait

            Options of all commands:
                  --json  Print JSON
              -h, --help  Show help

            Examples:
              slipway launch Ada --tide 3
                  One boat

            Exit codes:
              0  done
              2  wrong use of the command
            """
        #expect(HelpText(root: spec, width: 60).render(["launch"]) == expected + "\n")
    }

    @Test(arguments: [40, 60, 80, 200])
    func `no command's help is wider than the terminal, examples aside`(width: Int) {
        for place in Completions.places(CommandTree.root) {
            let examples = Set(place.command.examples.map { "  " + $0.line })
            let lines = HelpText(root: CommandTree.root, width: width).render(place.path).split(separator: "\n").map(String.init)
            for line in lines where !examples.contains(line) && !line.hasPrefix("      ") && !line.hasPrefix("  credential") {
                #expect(TextWidth.columns(line) <= width, "\(place.name): \(line)")
            }
            #expect(lines.allSatisfy { !$0.hasSuffix(" ") })
        }
    }

    @Test func `colours are used only when asked for`() {
        #expect(!HelpText(root: spec, width: 80).render([]).contains("\u{1B}"))
        #expect(HelpText(root: spec, width: 80, paint: .colour).render([]).contains("\u{1B}[1mUsage:\u{1B}[0m"))
    }

    @Test func `colour needs a terminal and nobody who minds`() {
        #expect(Paint(isTerminal: true, environment: [:]).isOn)
        #expect(!Paint(isTerminal: false, environment: [:]).isOn)
        #expect(!Paint(isTerminal: true, environment: ["NO_COLOR": "1"]).isOn)
        #expect(Paint(isTerminal: true, environment: ["NO_COLOR": ""]).isOn)
        #expect(!Paint(isTerminal: true, environment: ["TERM": "dumb"]).isOn)
    }
}
