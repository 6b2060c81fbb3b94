import Testing

@testable import Terraform

@Suite struct DisclosureTests {
    private func facts(_ text: String, name: String = "main.tf") throws -> SourceFacts {
        try SourceFacts(of: SourceFiles(files: [name: Array(text.utf8)]))
    }

    /// The variables that the output `o` shows on purpose, sorted; `*` for anything else.
    private func shown(_ value: String, _ rest: String = "") throws -> [String] {
        let found = try facts("output \"o\" {\n  value = \(value)\n}\n\(rest)\n").disclosures[output: "o"]
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
        #expect(try facts("output \"o\" {}").disclosures[output: "p"] == nil)
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
        #expect(disclosures[output: "o"]?.variables == ["a", "b"])
        #expect(disclosures[output: "p"] == nil)
    }
}
