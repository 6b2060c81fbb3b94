internal import Host

/// Collects one page of a folder's files in the order of their keys' bytes, without looking into folders that can't matter.
struct FolderWalk {
    private let root: String
    private let prefix: String
    private let after: String?
    private let limit: Int
    private var objects: [StoredObject] = []

    init(root: String, prefix: String, after: String?, limit: Int) {
        self.root = root
        self.prefix = prefix
        self.after = after
        self.limit = limit
    }

    mutating func page() throws(HostError) -> ObjectPage {
        try visit("")
        guard objects.count > limit else { return ObjectPage(objects: objects, next: nil) }
        objects.removeLast()
        return ObjectPage(objects: objects, next: objects.last.map { ObjectPage.Position(text: $0.key.text) })
    }

    /// Collects what a folder holds; its name is empty, or has a slash at its end.
    private mutating func visit(_ folder: String) throws(HostError) {
        let entries: [String]
        do throws(HostError) {
            entries = try FileSystem.names(in: "\(root)/\(folder)")
        } catch {
            // Removed since its parent was read.
            if error.isMissing && !folder.isEmpty { return }
            throw error
        }
        var found: [(key: String, facts: FileFacts)] = []
        for name in entries where !name.hasPrefix(".") {
            // Links are no objects: this store makes none.
            guard let facts = FileFacts(of: "\(root)/\(folder)\(name)") else { continue }
            if facts.kind == .folder { found.append(("\(folder)\(name)/", facts)) }
            if facts.kind == .file { found.append(("\(folder)\(name)", facts)) }
        }
        // A folder's slash takes part in the order: `a-b` comes before `a/b`.
        for (key, facts) in found.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            guard objects.count <= limit else { return }
            if facts.kind == .folder {
                if mayHoldWanted(key) { try visit(key) }
            } else if isWanted(key), let key = try? ObjectKey(key) {
                // A file whose name is no key was put there by somebody else.
                objects.append(StoredObject(key: key, byteCount: facts.byteCount, modifiedAt: facts.modifiedAt))
            }
        }
    }

    private func isWanted(_ key: String) -> Bool {
        key.utf8.starts(with: prefix.utf8) && (after.map { $0.utf8.lexicographicallyPrecedes(key.utf8) } ?? true)
    }

    private func mayHoldWanted(_ folder: String) -> Bool {
        guard folder.utf8.starts(with: prefix.utf8) || prefix.utf8.starts(with: folder.utf8) else { return false }
        guard let after else { return true }
        return after.utf8.starts(with: folder.utf8) || after.utf8.lexicographicallyPrecedes(folder.utf8)
    }
}
