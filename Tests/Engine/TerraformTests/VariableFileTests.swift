import Testing

@testable import Terraform

@Suite struct VariableFileTests {
    @Test func `texts are found in heredocs, each up to its own marker`() {
        let file = "a = <<EOT\nx\n  y\nEOT\nb = \"z\"\nc = <<-END\n  w\n  END\n"
        #expect(VariableFile.texts(in: Array(file.utf8), isJSON: false) == ["a": ["x\n  y"], "b": ["z"], "c": ["  w"]])
    }

    @Test(.timeLimit(.minutes(1))) func `a text of very many lines takes as long as its lines`() {
        let lines = [String](repeating: "x", count: 200_000).joined(separator: "\n")
        #expect(VariableFile.texts(in: Array("a = <<EOT\n\(lines)\nEOT\n".utf8), isJSON: false) == ["a": [lines]])
    }
}
