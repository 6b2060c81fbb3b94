internal import Domain
internal import Testing

/// The project itself against the rules.
@Suite struct `The house` {
    /// Two folders above this file's.
    private static let root = String(#filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/"))

    @Test func `keeps every rule in Sources and Tests`() throws {
        let files = try ["Sources", "Tests"].flatMap { try SourceFile.all(below: $0, of: Self.root) }
        #expect(files.count > 40)
        #expect(Rules.violations(in: files) == [])
    }

    @Test(arguments: Registers.all.indices) func `documents all that its registers list, and nothing else`(index: Int) throws {
        let register = Registers.all[index]
        let documented = Document.keys(ofTableUnder: register.heading, in: try Document.text(of: register.document, in: Self.root))
        #expect(try Registers.differences(documented: documented, actual: register.truth(Self.root), in: register) == [])
    }

    @Test func `documents every move of a job's status`() throws {
        let text = try Document.text(of: "docs/state-machines.md", in: Self.root)
        let header = "| from | " + JobStatus.Event.allCases.map { "\($0)" }.joined(separator: " | ") + " |"
        #expect(text.contains(header))
        for status in JobStatus.allCases {
            let moves = JobStatus.Event.allCases.map { status.after($0)?.rawValue ?? "–" }
            #expect(text.contains("| `\(status.rawValue)` | " + moves.joined(separator: " | ") + " |"))
        }
    }

    @Test(arguments: Floors.names) func `has a short README on each floor`(floor: String) throws {
        let lines = try Document.text(of: "Sources/\(floor)/README.md", in: Self.root).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        #expect(lines.count <= 16)
    }
}
