import Testing

@testable import Terraform

@Suite struct DisclosureTests {
    private func facts(_ text: String, name: String = "main.tf") throws -> SourceFacts {
        try SourceFacts(of: SourceFiles(files: [name: Array(text.utf8)]))
    }

    /// The variables that the output `o` shows on purpose, sorted; `*` for anything else.
    private func shown(_ value: String, _ rest: String = "") throws -> [String] {
        let found = try facts("output \"o\" {\n  value = \(value)\n}\n\(rest)\n").disclosures.shown("o")
        return (found?.variables.sorted() ?? []) + (found?.hasOther == true ? ["*"] : [])
    }

    @Test func `a call shows what stands within it, and nothing beside it`() throws {
        #expect(try shown("nonsensitive(var.a)") == ["a"])
        #expect(try shown("\"x://${nonsensitive(var.a)}:${var.b}@h\"") == ["a"])
        #expect(try shown("{ url = nonsensitive(\"${var.a}-${var.b.c[0].d}\"), other = var.c }") == ["a", "b"])
        #expect(try shown("[for k in [1] : nonsensitive(join(\"-\", [var.a, true, 5]))]") == ["a"])
        #expect(try shown("nonsensitive(aws_db_instance.a.password)") == ["*"])
        #expect(try shown("nonsensitive(module.a.url)") == ["*"])
        #expect(try shown("\"${upper(\"${nonsensitive(var.a)}\")}\"") == ["a"])
    }

    @Test func `what shows nothing on purpose is nothing`() throws {
        #expect(try shown("var.a") == [])
        #expect(try shown("sensitive(var.a)") == [])
        #expect(try shown("\"nonsensitive(var.a)\"") == [])
        #expect(try shown("\"$${nonsensitive(var.a)}\"") == [])
        #expect(try shown("var.a # nonsensitive(var.a)") == [])
        #expect(try shown("var.nonsensitive") == [])
        #expect(try shown("nonsensitive") == [])
        #expect(try shown("nonsensitive(") == [])
        // Not seen: it stays hidden.
        #expect(try shown("<<EOT\n${nonsensitive(var.a)}\nEOT") == [])
        #expect(try facts("output \"o\" {}").disclosures.shown("p") == nil)
    }

    @Test func `a local shows what it holds, through others and without going round for ever`() throws {
        let locals = """
            locals {
              url  = "x://${nonsensitive(var.a)}@h"
              both = { url = local.url, plain = var.b }
              loop = local.back
              back = [local.loop, nonsensitive(var.d)]
              raw  = "${var.e}/${local.raw}"
            }
            """
        #expect(try shown("local.url", locals) == ["a"])
        #expect(try shown("local.both.url", locals) == ["a"])
        #expect(try shown("local.loop", locals) == ["d"])
        #expect(try shown("local.raw", locals) == [])
        #expect(try shown("nonsensitive(local.raw)", locals) == ["e"])
    }

    @Test func `a configuration in JSON shows the same`() throws {
        let text = """
            {"output": {"o": {"value": "${nonsensitive(var.a)}-${local.l}"}, "p": [{"value": {"k": ["${var.a}"]}}]},
             "locals": [{"l": "${nonsensitive(var.b)}"}]}
            """
        let disclosures = try facts(text, name: "main.tf.json").disclosures
        #expect(disclosures.shown("o")?.variables == ["a", "b"])
        #expect(disclosures.shown("p") == nil)
    }

    @Test func `a configuration that is made to be read for ever shows nothing`() throws {
        let locals = (0..<3000).map { "l\($0) = [\((0..<40).map { "local.l\($0)" }.joined(separator: ", ")), nonsensitive(var.a)]" }
        let outputs = (0..<3000).map { "output \"o\($0)\" {\n  value = nonsensitive(local.l\($0))\n}" }
        let disclosures = try facts("locals {\n\(locals.joined(separator: "\n"))\n}\n\(outputs.joined(separator: "\n"))\n").disclosures
        var effort = 100_000
        let found = (0..<3000).map { disclosures.disclosure(of: "o\($0)", effort: &effort) }
        #expect(found.first??.variables == ["a"] && found.last == .some(nil) && effort <= 0)
    }
}

extension Disclosures {
    fileprivate func shown(_ output: String) -> Disclosure? {
        var effort = Self.effort
        return disclosure(of: output, effort: &effort)
    }
}
