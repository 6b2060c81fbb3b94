import Domain
import Events
import FoundationEssentials
import Testing

@testable import slipway

@Suite struct JSONViewTests {
    /// One event of each type, with every field filled in.
    private static let complete: [JobEvent] = [
        .stage(StageReport(stage: .apply, progress: 60, message: "m")),
        .environment(EnvironmentReport(program: "p", sandbox: "s", workspace: "memory", attempt: 1, worker: "w")),
        .planned(PlannedChange(address: "a", action: .replace, reason: "tainted")),
        .drift(PlannedChange(address: "a", action: .update, reason: "r")),
        .planSummary(ChangeSummary(add: 1, change: 2, destroy: 3, imported: 4)),
        .resource(ResourceReport(address: "a", action: .create, phase: .completed, elapsedSeconds: 1.5, idKey: "id", idValue: "i-1")),
        .provisioner(ProvisionerOutput(address: "a", text: "t")),
        .log(LogLine(level: "warn", text: "t")),
        .diagnostic(
            DiagnosticReport(severity: .error, summary: "s", detail: "d", address: "a", file: "f", line: 1, snippet: "c", advice: "w")
        ),
        .outputs(["o": OutputValue(type: "\"string\"", value: "\"v\"", sensitive: false)]),
        .stateSaved(StateReport(version: 1, serial: 2, resources: 3)),
        .server(ServerReport(server: "s", address: "a", phase: .running, stage: .docker, message: "m", elapsedSeconds: 1)),
        .finished(FinishReport(status: .completed, stage: .completed, message: "m", summary: ChangeSummary(), elapsedSeconds: 1, until: 2)),
    ]

    private struct Line: Decodable {
        let type: String
        let job: String
        let at: String
    }

    @Test func `an event is one line with its type, job and time`() throws {
        let view = JSONView(job: JobID(rawValue: "deploy-\"1\""))
        for event in Self.complete {
            let text = try view.line(for: event, at: Date(timeIntervalSince1970: 1_769_860_800.25))
            #expect(!text.contains("\n"))
            let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
            #expect(line.type == event.name.rawValue)
            #expect(line.job == "deploy-\"1\"")
            #expect(line.at == "2026-01-31T12:00:00.250Z")
        }
    }

    @Test func `the register in the documentation has every type with every field`() throws {
        #expect(Set(Self.complete.map(\.name)) == Set(JobEvent.Name.allCases))
        let register = try Self.rows(below: "## Events")
        #expect(Set(register.map(\.name)) == Set(JobEvent.Name.allCases.map(\.rawValue)))
        for event in Self.complete {
            let data = Data(try event.encodedPayload().utf8)
            var fields = try JSONDecoder().decode([String: Anything].self, from: data)
            if case .outputs = event, let output = fields["o"]?.fields { fields = output }
            let row = try #require(register.first { $0.name == event.name.rawValue })
            // A row may refer to another one for the same fields.
            let text = row.text.contains("as `planned`") ? register.first { $0.name == "planned" }?.text ?? "" : row.text
            for field in fields.keys { #expect(text.contains("`\(field)`"), "\(row.name): \(field)") }
        }
    }

    @Test func `the exit codes in the documentation are those of the program`() throws {
        let register = try Self.rows(below: "## Exit codes").filter { Int32($0.name) != nil }
        #expect(register.map(\.name) == ExitCode.allCases.map { String($0.rawValue) })
        #expect(register.map(\.text) == ExitCode.allCases.map(\.meaning))
    }

    @Test func `a document has sorted keys and times in UTC`() throws {
        struct Job: Encodable {
            let name = "a/b"
            let at = Date(timeIntervalSince1970: 0)
        }
        #expect(try JSONView.document(Job()) == "{\n  \"at\" : \"1970-01-01T00:00:00.000Z\",\n  \"name\" : \"a/b\"\n}")
    }

    /// The rows of the first table below a heading.
    private static func rows(below heading: String) throws -> [(name: String, text: String)] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/json-output.md"), encoding: .utf8)
        let section = text.split(separator: "\n").drop { $0 != heading }.dropFirst().prefix { !$0.hasPrefix("## ") }
        return section.filter { $0.hasPrefix("| `") }
            .map { line in
                let cells = line.split(separator: "|", maxSplits: 1)
                let name = cells[0].filter { $0 != "`" && $0 != " " }
                return (name, String(cells[1].dropFirst().reversed().drop { $0 == " " || $0 == "|" }.reversed()))
            }
    }

    /// A JSON value of which only an object's field names matter.
    private struct Anything: Decodable {
        let fields: [String: Anything]?

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            fields = try? container.decode([String: Anything].self)
        }
    }
}
