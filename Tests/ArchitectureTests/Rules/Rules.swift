/// What holds for every Swift file of the project, and can be seen in its text.
enum Rules {
    /// The longest file; style.md asks to look for a second noun at 300.
    static let maximumLines = 400

    /// All violations in the given files, which are the whole of `Sources`, or of `Sources` and `Tests`.
    static func violations(in files: [SourceFile]) -> [Violation] {
        let floors = Floors(paths: files.map(\.path))
        return files.flatMap { file in
            let everywhere = wording(in: file) + length(of: file)
            guard file.path.hasPrefix("Sources/") else { return everywhere }
            let ours = imports(of: file, floors: floors) + access(in: file) + safety(in: file) + looseTasks(in: file)
            return ours + pathsIntoRuns(in: file) + Numbers.violations(in: file) + everywhere
        }
    }

    private static func imports(of file: SourceFile, floors: Floors) -> [Violation] {
        file.imports.compactMap { module, line in
            floors.objection(to: module, in: file.path).map { Violation(path: file.path, line: line, message: $0) }
        }
    }

    private static func access(in file: SourceFile) -> [Violation] {
        each(file, containing: ["public", "open"]) { code, _ in
            guard
                code.contains(
                    /\b(public|open)\s+(import|struct|class|enum|protocol|func|var|let|init|actor|extension|static|final|typealias)\b/
                )
            else { return nil }
            return "nobody outside the package imports it: `package` is the widest access"
        }
    }

    private static func safety(in file: SourceFile) -> [Violation] {
        each(file, containing: ["try!", "@unchecked"]) { code, _ in
            if code.contains(/\btry!/) { return "`try!` ends the program on an error that somebody could have handled" }
            if code.contains(/@unchecked\s+Sendable/), !file.path.hasPrefix("Sources/Platform/") {
                return "`@unchecked Sendable` belongs in Platform only"
            }
            return nil
        }
    }

    /// A task that nobody awaits outlives what it works on, unless a comment says who ends it.
    private static func looseTasks(in file: SourceFile) -> [Violation] {
        each(file, containing: ["Task"]) { code, index in
            // `await Task { … }.value` is awaited where it stands.
            guard code.contains(/\bTask(\.detached)?\s*(\([^)]*\)\s*)?\{/), !code.contains(/\bawait\s+Task/) else { return nil }
            let isExplained = isComment(file, index) || (index > 0 && isComment(file, index - 1))
            return isExplained ? nil : "a loose task: say in a comment on it or above it who awaits or cancels it"
        }
    }

    /// A comment ends the line, or is all of it.
    private static func isComment(_ file: SourceFile, _ index: Int) -> Bool {
        let written = file.lines[index]
        return file.code[index].reversed().drop { $0 == " " }.count < written.reversed().drop { $0 == " " }.count && written.contains("//")
    }

    /// What a run can write, it can exchange for a link or a pipe: the code that works there reaches it through `HeldFolder` only.
    private static func pathsIntoRuns(in file: SourceFile) -> [Violation] {
        let folders = ["Engine/Terraform/Workspace/", "Engine/Terraform/Run/", "Engine/StateVault/Follower/"]
        // The folder of all workspaces is no run's.
        guard folders.contains(where: { file.path.hasPrefix("Sources/\($0)") }), !file.path.hasSuffix("/WorkspaceRoot.swift") else {
            return []
        }
        return each(file, containing: ["FileSystem", "OpenFile", "FileFacts", "FileManager", "contentsOf", "FileHandle"]) { code, _ in
            guard code.contains(/\bFileSystem\.|\bOpenFile\(|\bFileFacts\(of:|\bFileManager\b|\bFileHandle\b|\(contentsOf/) else {
                return nil
            }
            return "a run can exchange what lies below its folder: reach it through `HeldFolder`"
        }
    }

    private static func wording(in file: SourceFile) -> [Violation] {
        file.lines.enumerated().compactMap { index, line in
            let message: String? =
                if unfinished.contains(where: { contains(line, $0) }), line.contains(/\b(TO)DO\b|\bFIX(ME)\b|\bXX(X)\b/) {
                    "finish it, or open an issue"
                } else if contains(line, "\"/"), line.contains(/"\/(home|work|Users|mnt)\/[A-Za-z0-9]/) {
                    "a path of one machine"
                } else {
                    nil
                }
            return message.map { Violation(path: file.path, line: index + 1, message: $0) }
        }
    }

    /// In two pieces, so that this file does not have the words itself.
    private static let unfinished = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]

    private static func length(of file: SourceFile) -> [Violation] {
        let count = file.lines.last == "" ? file.lines.count - 1 : file.lines.count
        guard count > maximumLines else { return [] }
        return [Violation(path: file.path, line: count, message: "\(count) lines: look for a second noun (at most \(maximumLines))")]
    }

    /// Asks about the lines with one of the words only: regular expressions over every line take seconds.
    private static func each(_ file: SourceFile, containing words: [String], _ objection: (Substring, Int) -> String?) -> [Violation] {
        file.code.enumerated().compactMap { index, code in
            guard words.contains(where: { contains(code, $0) }) else { return nil }
            return objection(code, index).map { Violation(path: file.path, line: index + 1, message: $0) }
        }
    }

    private static func contains(_ line: Substring, _ word: String) -> Bool {
        let (bytes, word) = (Array(line.utf8), Array(word.utf8))
        guard let first = word.first, bytes.count >= word.count else { return false }
        for start in 0...(bytes.count - word.count) where bytes[start] == first && bytes[start...].starts(with: word) { return true }
        return false
    }
}
