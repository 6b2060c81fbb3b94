internal import Testing

/// Each rule on a snippet that breaks it, and on one that looks alike and doesn't.
@Suite struct `The rules` {
    private static let house = [
        SourceFile(path: "Sources/Platform/C/CThing/shim.swift", text: ""),
        SourceFile(path: "Sources/Platform/Storage/A.swift", text: ""),
        SourceFile(path: "Sources/Engine/Jobs/A.swift", text: ""),
        SourceFile(path: "Sources/App/slipway/A.swift", text: ""),
    ]

    private func messages(_ text: String, at path: String = "Sources/Engine/Jobs/B.swift") -> [String] {
        Rules.violations(in: Self.house + [SourceFile(path: path, text: text)]).filter { $0.path == path }.map(\.message)
    }

    @Test(arguments: [
        ("internal import slipway", "Sources/Engine/Jobs/B.swift"),
        ("package import Jobs", "Sources/Platform/Storage/B.swift"),
        ("@testable import Jobs", "Sources/Platform/Storage/B.swift"),
        ("import struct Jobs.Job", "Sources/Platform/Storage/B.swift"),
        ("internal import CThing", "Sources/Engine/Jobs/B.swift"),
        ("internal import Glibc", "Sources/App/slipway/B.swift"),
        ("internal import Foundation", "Sources/Platform/Storage/B.swift"),
        ("#if canImport(X)\nimport Foundation\n#endif", "Sources/App/slipway/B.swift"),
    ]) func `refuse an import of what is above, of C, and of Foundation`(text: String, path: String) {
        #expect(messages(text, at: path).count == 1)
    }

    @Test(arguments: [
        ("internal import Jobs", "Sources/App/slipway/B.swift"),
        ("internal import CThing\ninternal import Glibc", "Sources/Platform/Storage/B.swift"),
        ("package import FoundationEssentials", "Sources/Engine/Jobs/B.swift"),
        ("// import Foundation", "Sources/Engine/Jobs/B.swift"),
        ("let text = \"\"\"\n    import slipway\n    \"\"\"", "Sources/Engine/Jobs/B.swift"),
        ("internal import Foundation", "Tests/Engine/JobsTests/B.swift"),
    ]) func `allow an import of what is below, and the word in a comment or a string`(text: String, path: String) {
        #expect(messages(text, at: path) == [])
    }

    @Test(arguments: ["public struct A {}", "@frozen public enum A {}", "    open class B {}", "public import Jobs"])
    func `refuse access from outside the package`(text: String) {
        #expect(messages(text).count == 1)
    }

    @Test func `refuse a forced try anywhere, and unchecked sendability above Platform`() {
        #expect(messages("let a = try! f()").count == 1)
        #expect(messages("let a = \"\\(try! f())\"").count == 1)
        #expect(messages("let a = \"try! it\" // try! it") == [])
        #expect(messages("final class A: @unchecked Sendable {}").count == 1)
        #expect(messages("final class A: @unchecked Sendable {}", at: "Sources/Platform/Storage/B.swift") == [])
    }

    @Test(arguments: [
        "Task { await f() }", "let a = Task {", "Task.detached {", "Task(priority: .low) {", "Task.detached(priority: nil) {",
    ])
    func `refuse a loose task without a reason`(text: String) {
        #expect(messages(text).count == 1)
        #expect(messages("// run() awaits it.\n" + text) == [])
        #expect(messages(text + " // run() awaits it.") == [])
        #expect(messages("// run() awaits it.\n\n" + text).count == 1)
        #expect(messages(text.replacing("Task", with: "AttachedTask")) == [])
        #expect(messages("await " + text.replacing("let a = ", with: "")) == [])
    }

    @Test(arguments: [
        "Int(value.rounded())", "let a = f(Int64(date.timeIntervalSince1970 * 1000))", "UInt32((wait / .seconds(1)).rounded(.up))",
        "Int(seconds)",
        "let text = \"\\(Int(limit / .seconds(1)))\"", "return Int(double)", "Int(Double(count) * share)",
    ]) func `refuse that a floating-point number becomes a whole one plainly`(text: String) {
        #expect(messages(text).count == 1)
    }

    @Test(arguments: [
        "Int(clamping: value.rounded())", "Int64(exactly: date.timeIntervalSince1970)", "Int(text)", "UInt8(byte & 15)", "makeInt(seconds)",
        "Int(timeout.components.seconds)", "// Int(seconds)", "let a = \"Int(seconds)\"", "Int(count) / Double(seconds)", "a.Int(seconds)",
    ]) func `allow a conversion that says how, and one of a whole number`(text: String) {
        #expect(messages(text) == [])
    }

    @Test(arguments: [
        "let next = state.serial + 1", "serial += 1", "let a = 1 + facts.serial", "let a = (line ?? 0) + offset",
        "lines.map { line.map { $0 + 1 } }",
        "let a = report.line.map { f($0 + offset) }", "return add + change", "let a = max(a, old.version.serial) + 1",
    ]) func `refuse plain arithmetic with a number from outside`(text: String) {
        #expect(messages(text, at: "Sources/Engine/StateVault/Document/B.swift").count == 1)
        #expect(messages(text + " // can't overflow: it was checked", at: "Sources/Engine/StateVault/Document/B.swift") == [])
        #expect(messages("// It can't overflow.\n" + text, at: "Sources/App/API/B.swift") == [])
        #expect(messages(text, at: "Sources/Engine/Jobs/B.swift") == [])
    }

    @Test(arguments: [
        "let next = serial.addingClamped(1)", "let a = line + \"x\"", "index += 1", "values.map { $0 + 1 }", "let serialCount = count + 1",
        "let a = text + line(of: b)", "let a = serial &+ 1",
    ]) func `allow arithmetic with what is checked or is no number from outside`(text: String) {
        #expect(messages(text, at: "Sources/Engine/StateVault/Document/B.swift") == [])
    }

    @Test func `refuse unfinished work and paths of one machine`() {
        #expect(messages("// TO" + "DO: later").count == 1)
        #expect(messages("// FIX" + "ME").count == 1)
        #expect(messages("let path = \"/ho" + "me/somebody/x\"").count == 1)
        #expect(messages("let path = \"/usr/bin:/home\"") == [])
    }

    @Test func `refuse a file that is too long`() {
        #expect(messages(String(repeating: "\n", count: Rules.maximumLines)) == [])
        #expect(messages(String(repeating: "\n", count: Rules.maximumLines + 1)).count == 1)
    }

    @Test func `blank strings and comments, and nothing else`() {
        let text = ##"a("b\"c", "d\(e("f"))g") /* h /* i */ j */ k // l"## + "\n" + ##"m #"n"o\#(p)"# #if q"##
        let code = CodeOnly.of(text)
        #expect(code.utf8.count == text.utf8.count)
        #expect(code.filter(\.isLetter) == "aekmpifq")
    }
}

/// The comparison of tables with code, on tables that are wrong.
@Suite struct `The registers` {
    private let register = Registers.Register(document: "d.md", heading: "Things") { _ in [] }
    private let text = "# Others\n| `x` | |\n## Things\n| name | |\n|---|---|\n| `a` | one |\n| `b` | two |\n## More\n| `c` | |\n"

    @Test func `read the keys of one table only`() {
        #expect(Document.keys(ofTableUnder: "Things", in: text) == ["a", "b"])
    }

    @Test func `name what is missing and what is invented`() {
        #expect(Registers.differences(documented: ["a", "b"], actual: ["a", "b"], in: register) == [])
        #expect(Registers.differences(documented: ["a", "b"], actual: ["b", "c"], in: register).count == 2)
    }

    @Test func `read an enum's raw values`() {
        let text = """
            enum Other: String {
                case z
            }
            extension A {
                enum S: String {
                    case a, b
                    /// Doc.
                    case `c` = "d-e"

                    package enum Event {
                        case f
                    }
                }
            }
            """
        #expect(Registers.rawValues(ofCasesIn: text, type: "S") == ["a", "b", "d-e"])
    }

    @Test func `read environment variables in code and not in comments`() {
        let direct = SourceFile(path: "Sources/A.swift", text: "let a = env[\"SLIPWAY_DATA\"]\n// \"SLIPWAY_NOT\"\nlet b = value(\"B\")\n")
        let prefixed = SourceFile(path: "Sources/B.swift", text: "let a = env[\"SLIPWAY_\\(name)\"]\nlet b = value(\"LOG\")\n")
        #expect(Registers.environmentVariables(in: [direct, prefixed]) == ["SLIPWAY_DATA", "SLIPWAY_LOG"])
    }
}
