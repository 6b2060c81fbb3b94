import Host
import Log
import TestKit
import Testing

@testable import Terraform

@Suite(.requires(.terraform)) struct RunTests {
    private static let twoThings = """
        variable "name" {}
        resource "terraform_data" "first" { input = var.name }
        resource "terraform_data" "second" { input = terraform_data.first.output }
        output "name" { value = terraform_data.second.output }
        output "secret" {
          value     = "tell nobody"
          sensitive = true
        }
        """

    @Test(arguments: [Sandbox.Mode.preferred, .off])
    func `the builtin provider needs neither init nor a lock file`(mode: Sandbox.Mode) async throws {
        try await Bench.with(sandbox: mode) { bench in
            let workspace = try bench.workspace(Self.twoThings, variables: .init(values: ["name": "x"]))
            defer { workspace.remove() }
            let (outcome, lock, initialized) = try await bench.deploy(in: workspace)
            #expect(outcome.exit.end == .succeeded, "\(outcome.text)")
            #expect(lock == nil)
            #expect(!initialized)
            #expect(outcome.exit.processorTime > .zero)
            #expect(outcome.exit.peakResidentBytes > 10_000_000)
            let planned = outcome.events.compactMap { if case .plannedChange(let change) = $0 { change.resource.address } else { nil } }
            #expect(planned.sorted() == ["terraform_data.first", "terraform_data.second"])
            let finished = outcome.events.compactMap { event in
                if case .applyComplete(let resource, .create, let id?, _) = event {
                    resource.address + (id.isEmpty ? "" : "!")
                } else {
                    nil
                }
            }
            #expect(finished == ["terraform_data.first!", "terraform_data.second!"])
            guard case .outputs(let outputs)? = outcome.events.last else { throw TooLate(description: "the outputs") }
            #expect(outputs.first { $0.name == "name" }?.value == .string("x"))
            #expect(outputs.first { $0.name == "secret" }?.value == nil)
            #expect(outputs.first { $0.name == "secret" }?.isSensitive == true)
            let state = try #require(try workspace.state())
            #expect(JSONValue(parsing: state)?["resources"]?.array?.count == 2)
        }
    }

    @Test func `plan, apply of exactly that plan, refresh and destroy follow each other`() async throws {
        try await Bench.with { bench in
            let workspace = try bench.workspace(Self.twoThings, variables: .init(values: ["name": "x"]))
            defer { workspace.remove() }
            _ = try await bench.runner.prepare(workspace, lock: nil, settings: bench.settings)
            #expect(try await bench.run(.plan(destroy: false), in: workspace).exit.isSuccess)
            let plan = try #require(try workspace.plan())
            #expect(try workspace.state() == nil)

            // Another workspace, as after an approval.
            let files = try SourceFiles(files: ["main.tf": Array(Self.twoThings.utf8)])
            let other = try Workspace.make(in: bench.root, source: files, variables: .init(values: ["name": "y"]), plan: plan)
            defer { other.remove() }
            _ = try await bench.runner.prepare(other, lock: nil, settings: bench.settings)
            let applied = try await bench.run(.applyPlan, in: other)
            #expect(applied.exit.isSuccess, "\(applied.text)")
            #expect(String(decoding: try #require(try other.state()), as: UTF8.self).contains(#""x""#))

            #expect(try await bench.run(.refresh, in: other).exit.isSuccess)
            let destroyed = try await bench.run(.destroy, in: other)
            #expect(destroyed.exit.isSuccess)
            #expect(JSONValue(parsing: try #require(try other.state()))?["resources"]?.array == [])
        }
    }

    @Test func `a missing variable, a syntax error and an unknown provider are errors that say where`() async throws {
        try await Bench.with { bench in
            let missing = try bench.workspace(Self.twoThings)
            defer { missing.remove() }
            let (first, _, _) = try await bench.deploy(in: missing)
            #expect(first.exit.end == .failed(code: 1))
            #expect(first.errors.first?.summary == "No value for required variable")
            #expect(first.errors.first?.file == "main.tf")
            #expect(first.errors.first?.line == 1)

            let broken = try bench.workspace("resource \"terraform_data\" {\n")
            defer { broken.remove() }
            let (second, _, _) = try await bench.deploy(in: broken)
            #expect(second.exit.end == .failed(code: 1))
            #expect(second.errors.first?.file == "main.tf", "\(second.text)")

            let unknown = try bench.workspace("resource \"nosuchthing_x\" \"y\" {}")
            defer { unknown.remove() }
            let (third, _, initialized) = try await bench.deploy(in: unknown)
            #expect(initialized)
            #expect(third.exit.end == .failed(code: 1))
            #expect(third.errors.contains { $0.detail.contains("nosuchthing") }, "\(third.text)")
        }
    }

    @Test func `values of lists and numbers and a value that beats terraform.tfvars arrive typed`() async throws {
        let main = """
            variable "list" { type = list(string) }
            variable "count_of" { type = number }
            variable "text" { type = string }
            variable "from_file" {}
            output "all" { value = [var.list, var.count_of + 1, var.text, var.from_file] }
            """
        try await Bench.with { bench in
            let variables = RunVariables(
                files: [.init(name: "x.tfvars", content: Array("from_file = \"f\"\ntext = \"file\"\n".utf8))],
                values: ["list": "[\"a\",\n\"b\"]", "count_of": "41", "text": "[not a list \"${x}"]
            )
            let workspace = try bench.workspace(main, ["terraform.tfvars": "text = \"loses\""], variables: variables)
            defer { workspace.remove() }
            let (outcome, _, _) = try await bench.deploy(in: workspace)
            #expect(outcome.exit.isSuccess, "\(outcome.text)")
            guard case .outputs(let outputs)? = outcome.events.last else { throw TooLate(description: "the outputs") }
            #expect(outputs.first?.value?.text == #"[["a","b"],42,"[not a list \"${x}","f"]"#)
        }
    }

    @Test func `secrets are masked before a line is handed out`() async throws {
        let main = """
            variable "password" { type = string }
            resource "terraform_data" "shown" {
              input = var.password
              provisioner "local-exec" { command = "printf '%s' 'the password is ${var.password}'" }
            }
            output "shown" { value = { (var.password) = var.password } }
            """
        let secret = "p\"ss<&>w\\rd"
        let settings = RunSettings(redactor: Redactor(secrets: [secret]))
        try await Bench.with(settings: settings) { bench in
            let workspace = try bench.workspace(main, variables: .init(values: ["password": secret]))
            defer { workspace.remove() }
            let (outcome, _, _) = try await bench.deploy(in: workspace)
            #expect(outcome.text.contains("<redacted>"), "\(outcome.text)")
            for line in outcome.lines {
                #expect(!"\(line)".contains("ss<&>w"))
                #expect(!"\(line)".contains("u0026"))
            }
        }
    }

    @Test func `a line of 2 MiB and bytes that are no text do no harm`() async throws {
        let main = """
            output "big" { value = format("%02097152d", 7) }
            resource "terraform_data" "loud" {
              provisioner "local-exec" { command = "printf '\\\\377\\\\376 odd\\\\n'" }
            }
            """
        try await Bench.with { bench in
            let workspace = try bench.workspace(main)
            defer { workspace.remove() }
            let (outcome, _, _) = try await bench.deploy(in: workspace)
            #expect(outcome.exit.isSuccess, "\(outcome.text.prefix(2000))")
            let longest = outcome.lines.map(\.message.utf8.count).max() ?? 0
            #expect(longest <= LineSplitter.limit)
            #expect(longest > LineSplitter.limit / 2)
            #expect(outcome.lines.contains { $0.isTruncated })
            #expect(outcome.text.contains("odd"))
        }
    }

    @Test func `a local module works without init`() async throws {
        try await Bench.with { bench in
            let workspace = try bench.workspace(
                "module \"inner\" { source = \"./modules/inner\" }\noutput \"it\" { value = module.inner.it }",
                [
                    "modules/inner/main.tf":
                        "resource \"terraform_data\" \"x\" { input = 7 }\noutput \"it\" { value = terraform_data.x.output }"
                ]
            )
            defer { workspace.remove() }
            let (outcome, _, initialized) = try await bench.deploy(in: workspace)
            #expect(outcome.exit.isSuccess, "\(outcome.text)")
            #expect(!initialized)
        }
    }

    @Test(arguments: [
        "terraform {\n backend \"s3\" {\n bucket = \"b\"\n key = \"k\"\n region = \"eu-central-1\"\n }\n}",
        "terraform {\n cloud {\n organization = \"o\"\n workspaces { name = \"w\" }\n }\n}",
        "terraform {\n backend \"local\" { path = \"/tmp/elsewhere.tfstate\" }\n}",
    ])
    func `a backend or cloud block of the configuration's own is beaten, and said`(block: String) async throws {
        try await Bench.with { bench in
            let workspace = try bench.workspace("resource \"terraform_data\" \"x\" {}", ["backend.tf": block])
            defer { workspace.remove() }
            #expect(workspace.facts.warnings.count == 1)
            let (outcome, _, initialized) = try await bench.deploy(in: workspace)
            #expect(outcome.exit.isSuccess, "\(outcome.text)")
            #expect(!initialized)
            #expect(try workspace.state() != nil)
        }
    }

    @Test func `without the prepared record Terraform refuses rather than use the configuration's backend`() async throws {
        try await Bench.with { bench in
            let workspace = try bench.workspace(
                "terraform {\n backend \"s3\" {\n bucket = \"b\"\n key = \"k\"\n region = \"r\"\n }\n}\nresource \"terraform_data\" \"x\" {}"
            )
            defer { workspace.remove() }
            // As if an override file of the user's had won unseen.
            try FileSystem.removeFile("\(workspace.source.path)/\(BackendOverride.fileName)")
            let (outcome, _, initialized) = try await bench.deploy(in: workspace)
            #expect(outcome.exit.end == .failed(code: 1))
            #expect(!initialized)
            #expect(try workspace.state() == nil)
        }
    }
}
