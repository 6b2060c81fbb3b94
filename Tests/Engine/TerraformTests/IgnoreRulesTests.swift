import Host
import TestKit
import Testing

@testable import Terraform

@Suite struct IgnoreRulesTests {
    private func left(_ rules: String, _ paths: [String]) -> [String] {
        let rules = IgnoreRules(rules)
        return paths.filter { path in
            path.hasSuffix("/") ? rules.leavesOut(String(path.dropLast()), isFolder: true) : rules.leavesOut(path, isFolder: false)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `many stars take no longer than few`() {
        let deep = (0..<40).map { "f\($0)" }.joined(separator: "/")
        let rule = String(repeating: "**/", count: 30)
        #expect(left(rule + "x", [deep, "\(deep)/x"]) == ["\(deep)/x"])
        #expect(left("f0/\(rule)f20/**/f39", [deep, "f0/f39"]) == [deep])
        #expect(left("f0/**", ["f0", "f0/", "f0/a"]) == ["f0/a"])
    }

    @Test(arguments: [
        ("# nothing\n\n   \n", "a.txt", false),
        ("baz.txt", "baz.txt", true),
        ("baz.txt", "parent/foo/baz.txt", true),
        ("baz.txt", "something/with-baz.txt", false),
        ("  baz.txt  ", "baz.txt", true),
        ("/boop.txt", "boop.txt", true),
        ("/boop.txt", "a/boop.txt", false),
        ("terraform.d/", "terraform.d", false),
        ("terraform.d/", "terraform.d/x", true),
        ("terraform.d/", "m/terraform.d/x/y", true),
        ("/terraform.d/", "m/terraform.d/x", false),
        ("logs", "logs/x", true),
        ("*.md", "foo/ignored-doc.md", true),
        ("foo/*.md", "foo/bar/doc.md", false),
        ("foo/*.md", "a/foo/doc.md", true),
        ("foo/**", "foo/a/b", true),
        ("a/**/b.txt", "a/b.txt", true),
        ("a/**/b.txt", "a/x/y/b.txt", true),
        ("**/x", "p/q/x", true),
        ("bar/something-[a-z].txt", "bar/something-a.txt", true),
        ("bar/something-[a-z].txt", "bar/something-1.txt", false),
        ("[!a]x", "bx", true),
        ("[^a]x", "ax", false),
        ("?.txt", "a.txt", true),
        ("?.txt", "ab.txt", false),
        ("\\*.txt", "*.txt", true),
        ("\\*.txt", "a.txt", false),
        ("a.b", "aXb", false),
        ("*\n!keep.tf", "keep.tf", false),
        ("*\n!keep/", "keep/a.tf", false),
        ("*\n!keep/", "other/a.tf", true),
        (".terraform/\n!.terraform/modules/", ".terraform/modules/m/main.tf", false),
        (".terraform/\n!.terraform/modules/", ".terraform/providers/x", true),
        ("!x\nx", "x", true),
        ("a*b*c", "a1b2b3c", true),
        ("a*b*c", "a1b2b3", false),
        ("[", "[", true),
        ("größe?.txt", "größe1.txt", true),
    ]) func `what the rules say`(rules: String, path: String, isOut: Bool) {
        #expect(IgnoreRules(rules).leavesOut(path, isFolder: false) == isOut)
    }

    @Test func `a folder and a file of the same name differ for a rule with a slash`() {
        #expect(left("x/", ["x", "x/", "a/x/"]) == ["x/", "a/x/"])
        #expect(left("x/**", ["x/", "x/y"]) == ["x/y"])
    }

    @Test func `a source is read without what its rules leave out`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let files = [
            ".terraformignore": "*.iso\n/docs/\n!docs/needed.txt\nout\n", "main.tf": "# a", "disk.iso": "x", "m/disk.iso": "x",
            "m/main.tf": "# b",
            "docs/long.md": "x", "docs/needed.txt": "y", "m/docs/kept.md": "z",
        ]
        for (path, content) in files {
            if let slash = path.lastIndex(of: "/") { try FileSystem.makeFolder("\(folder.path)/\(path[..<slash])") }
            try FileSystem.write(Array(content.utf8), to: "\(folder.path)/\(path)")
        }
        // It would be refused.
        try FileSystem.makeLink(at: "\(folder.path)/out", to: "/etc/passwd")
        let source = try SourceFiles(reading: folder.path)
        #expect(source.entries.map(\.path) == [".terraformignore", "docs/needed.txt", "m/docs/kept.md", "m/main.tf", "main.tf"])
    }

    @Test func `an archive holds the source, and reads as the same`() throws {
        let long = String(repeating: "deep/", count: 40) + "er.tf"
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try FileSystem.makeFolder("\(folder.path)/" + String(repeating: "deep/", count: 40))
        for (path, mode) in [("main.tf", UInt32(0o644)), ("run.sh", 0o755), (long, 0o644), ("empty", 0o644)] {
            try FileSystem.write(path == "empty" ? [] : Array("content of \(path)".utf8), to: "\(folder.path)/\(path)", mode: mode)
        }
        try FileSystem.makeLink(at: "\(folder.path)/link", to: "run.sh")
        try FileSystem.makeLink(at: "\(folder.path)/far", to: long)
        let source = try SourceFiles(reading: folder.path)
        #expect(source.entries.count == 6)
        #expect(try SourceFiles(archive: source.archive).entries == source.entries)
        #expect(source.archive.count % 512 == 0)
    }
}
