import Testing

@testable import slipway

@Suite struct CommandParserTests {
    private func parse(_ line: String) throws -> ParsedCommand {
        guard case .run(let parsed) = try invocation(line) else {
            throw UsageError(message: "help instead of a command")
        }
        return parsed
    }

    private func invocation(_ line: String) throws -> CommandParser.Invocation {
        try CommandParser(root: CommandTree.root).parse(line.split(separator: " ").map(String.init))
    }

    private func message(_ line: String) -> String {
        do {
            _ = try invocation(line)
            return "no error"
        } catch let error as UsageError {
            return error.message
        } catch {
            return "another error"
        }
    }

    @Test func `options stand before, between and after arguments`() throws {
        let lines = [
            "deploy ./infra --project shop --json", "--json deploy --project shop ./infra", "deploy --project=shop --json -- ./infra",
        ]
        for line in lines {
            let parsed = try parse(line)
            #expect(parsed.path == ["deploy"])
            #expect(parsed.string("DIR|FILE") == "./infra")
            #expect(parsed.string("project") == "shop")
            #expect(parsed.flag("json"))
            #expect(!parsed.flag("auto-approve"))
        }
    }

    @Test func `repeatable options keep their order, and values keep their equals signs`() throws {
        let parsed = try parse("deploy . --project p --var a=1 --var=b=x=y --var c=")
        #expect(parsed.strings("var") == ["a=1", "b=x=y", "c="])
        #expect(parsed.assignments("var").map(\.key) == ["a", "b", "c"])
        #expect(parsed.assignments("var").map(\.value) == ["1", "x=y", ""])
    }

    @Test func `typed values arrive typed`() throws {
        #expect(try parse("deploy . --project p --timeout 1h30m").duration("timeout") == .seconds(5400))
        #expect(try parse("worker --concurrency 4").integer("concurrency") == 4)
        #expect(try parse("worker").integer("concurrency") == nil)
        #expect(try parse("state pull --project p --version 3").required("project") == "p")
    }

    @Test func `short flags combine and stand for their long names`() throws {
        let parsed = try parse("logs -fq deploy-1-abc")
        #expect(parsed.flag("follow"))
        #expect(parsed.flag("quiet"))
        #expect(parsed.string("JOB") == "deploy-1-abc")
    }

    @Test func `after two dashes nothing is an option`() throws {
        #expect(try parse("logs -- --follow").string("JOB") == "--follow")
        #expect(try !parse("logs -- --follow").flag("follow"))
    }

    @Test func `a value may begin with a dash unless it is an option`() throws {
        #expect(try parse("refuse j --reason -1").string("reason") == "-1")
        #expect(try parse("refuse j --reason -no-way").string("reason") == "-no-way")
        #expect(message("refuse j --reason --json") == "--reason needs a value, as in --reason TEXT")
        #expect(message("deploy . --project -- x") == "--project needs a value, as in --project NAME")
    }

    @Test(arguments: [
        ("", []), ("--help", []), ("help", []), ("-h", []), ("deploy --help", ["deploy"]), ("help deploy", ["deploy"]),
        ("state --help", ["state"]), ("state pull -h", ["state", "pull"]), ("help state pull", ["state", "pull"]),
        ("deploy --nonsense --help", ["deploy"]),
    ])
    func `help is there for every command, whatever else is wrong`(line: String, path: [String]) throws {
        guard case .help(let found) = try invocation(line) else {
            Issue.record("no help for '\(line)'")
            return
        }
        #expect(found == path)
    }

    @Test func `the option --version is the command`() throws {
        #expect(try parse("--version").path == ["version"])
    }

    @Test(arguments: [
        ("deploy", "DIR|FILE is missing: a folder with .tf files, or one such file"),
        ("deploy .", "--project is missing: add --project NAME"),
        ("deploy . --project", "--project needs a value, as in --project NAME"),
        ("deploy . --project p --auto-aprove", "there is no option --auto-aprove: did you mean --auto-approve?"),
        ("deploy . --project p -auto-approve", "write --auto-approve with two dashes instead of -auto-approve"),
        ("deploy . -var a=b", "write --var with two dashes instead of -var"),
        ("deploy . --project p --auto-approve --plan-first", "--auto-approve and --plan-first contradict each other: leave one out"),
        ("deploy . --project p --quiet --verbose", "--quiet and --verbose contradict each other: leave one out"),
        ("deploy . --project p --project q", "--project was given twice: leave one out"),
        ("deploy . x --project p", "'deploy' takes no more arguments: leave out 'x'"),
        ("doctor now", "'doctor' takes no arguments: leave out 'now'"),
        (
            "deploy . --project ../p",
            "--project takes 1 to 64 letters, digits, '.', '_' or '-' and begins with a letter or digit, not '../p'"
        ),
        ("deploy . --project p --timeout 30", "--timeout needs a unit, as in 30s or 30m, not '30'"),
        ("deploy . --project p --timeout 0s", "--timeout takes a duration such as 90s, 30m or 1h30m, not '0s'"),
        ("deploy . --project p --timeout soon", "--timeout takes a duration such as 90s, 30m or 1h30m, not 'soon'"),
        ("deploy . --project p --var novalue", "--var takes NAME=VALUE, not 'novalue'"),
        ("jobs --limit many", "--limit takes a whole number from 1 to 1000, not 'many'"),
        ("state pull --project p --version 0", "--version takes a whole number of at least 1, not '0'"),
        ("jobs --json=1", "--json takes no value: write just --json"),
        ("completions tcsh", "SHELL is one of bash, zsh or fish, not 'tcsh'"),
        ("completions fihs", "SHELL is one of bash, zsh or fish, not 'fihs': did you mean fish?"),
        ("cancel", "JOB is missing: the job's id, as 'slipway jobs' lists it"),
        ("deplyo .", "there is no command 'deplyo': did you mean deploy?"),
        ("frobnicate", "there is no command 'frobnicate': 'slipway help' lists them"),
        (
            "state",
            "'state' needs a command: list, versions, show, pull, diff, export, rollback, restore, import, pin, unpin, unlock, backend, backup, verify, prune, retention or rebuild"
        ),
        ("state pul", "there is no command 'state pul': did you mean state pull?"),
        ("help nonsense", "there is no command 'nonsense': 'slipway help' lists them"),
        ("status -x j", "'status' has no option -x: leave it out, or put '--' before it if it is an argument"),
        ("status \u{1B}[31m-x j", "'status' takes no more arguments: leave out 'j'"),
    ])
    func `a mistake gets one sentence that says what to change`(line: String, expected: String) {
        #expect(message(line) == expected)
    }

    @Test func `a usage error knows where to read more`() {
        #expect(UsageError(message: "no", command: ["state", "pull"]).hint == "Run 'slipway state pull --help' for its use.")
    }
}
