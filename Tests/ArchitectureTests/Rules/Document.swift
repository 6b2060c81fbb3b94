internal import FoundationEssentials

/// A file of text in the project.
enum Document {
    /// Not there, or not UTF-8.
    struct Unreadable: Error, CustomStringConvertible {
        let path: String
        var description: String { "\(path) is missing or no UTF-8 text" }
    }

    /// The file's text; `path` is below `root`.
    ///
    /// - Throws: ``Unreadable``.
    static func text(of path: String, in root: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: "\(root)/\(path)"), let text = String(validating: data, as: UTF8.self) else {
            throw Unreadable(path: path)
        }
        return text
    }

    /// The names of the folders in a folder.
    ///
    /// - Throws: The file system's error when it can't be read.
    static func folders(in path: String, of root: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(path)").filter { name in
            var isFolder = false
            return FileManager.default.fileExists(atPath: "\(root)/\(path)/\(name)", isDirectory: &isFolder) && isFolder
        }
    }

    /// The word in backquotes that opens each row of the Markdown tables between a heading and the next: a register's keys.
    static func keys(ofTableUnder heading: String, in markdown: String) -> [String] {
        var isInside = false
        var keys: [String] = []
        for line in markdown.split(separator: "\n") {
            if line.hasPrefix("#") {
                isInside = line.drop { $0 == "#" || $0 == " " } == heading
            } else if isInside, line.hasPrefix("| `") {
                keys.append(String(line.dropFirst(3).prefix { $0 != "`" }))
            }
        }
        return keys
    }
}
