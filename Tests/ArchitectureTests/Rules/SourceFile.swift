internal import FoundationEssentials

/// One Swift file as the rules see it: its lines as written, and the same lines with only the code left in them.
struct SourceFile {
    /// Below the project's root: `Sources/Engine/Jobs/Worker.swift`.
    let path: String
    /// As written.
    let lines: [Substring]
    /// As written, with the text of strings and all comments blanked; column for column the same.
    let code: [Substring]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        code = CodeOnly.of(text).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The modules it imports with the line of each, counted from 1.
    var imports: [(module: String, line: Int)] {
        code.enumerated().compactMap { index, line in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let keyword = words.firstIndex(of: "import"), words[..<keyword].allSatisfy(Self.isImportModifier) else { return nil }
            // `import struct Module.Type`
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            guard let name = words[(keyword + 1)...].first(where: { !kinds.contains($0) }) else { return nil }
            return (String(name.prefix { $0 != "." && $0 != ";" }), index + 1)
        }
    }

    private static func isImportModifier(_ word: Substring) -> Bool {
        word.hasPrefix("@") || ["public", "package", "internal", "fileprivate", "private"].contains(word)
    }

    /// Every Swift file below `folder` of the project at `root`, by path.
    ///
    /// - Throws: The file system's error when one can't be read.
    static func all(below folder: String, of root: String) throws -> [SourceFile] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)")
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            let path = "\(folder)/\(name)"
            return SourceFile(path: path, text: try Document.text(of: path, in: root))
        }
    }
}
