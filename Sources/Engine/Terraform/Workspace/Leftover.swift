internal import FoundationEssentials
internal import Host

/// A workspace whose process died: what it was about, and what must be saved before it is removed.
package struct Leftover: Sendable {
    package let path: String
    /// What ``Workspace/make(in:source:variables:state:plan:metadata:)`` was given.
    package let metadata: [String: String]
    /// The state file's bytes as they stand, whole or torn; nil when there never was one.
    package let state: [UInt8]?
    /// The copy of the last whole state that the dead process had seen; nil when there is none.
    package let stateCopy: [UInt8]?
    private let lock: FileLock

    /// Takes over every workspace below `root` whose process is gone: kills what may still run in it, then reads it.
    ///
    /// Half-made ones are removed on the way. Two processes never get the same one.
    ///
    /// - Parameters:
    ///   - root: Where the workspaces are.
    ///   - isWanted: Told a workspace's metadata; those that are not wanted are left as they are, for whoever wants them.
    /// - Returns: What was found, in no order.
    /// - Throws: ``TerraformError`` when the root can't be read.
    package static func adopt(
        in root: WorkspaceRoot,
        where isWanted: ([String: String]) -> Bool = { _ in true }
    ) throws(TerraformError) -> [Leftover] {
        guard FileSystem.exists(root.path) else { return [] }
        let names = try attempt { () throws(HostError) in try FileSystem.names(in: root.path) }
        // One that can't be read must not hide the others; it stays for the next attempt.
        return names.compactMap { try? adopt("\(root.path)/\($0)", where: isWanted) }
    }

    private static func adopt(_ path: String, where isWanted: ([String: String]) -> Bool) throws(HostError) -> Leftover? {
        guard let facts = FileFacts(of: path), facts.kind == .folder, UUID(uuidString: String(path.suffix(36))) != nil else { return nil }
        let lockPath = "\(path)/\(Workspace.lockName)"
        // Made this moment, and its lock comes next; or its process died right there.
        if !FileSystem.exists(lockPath), Date().timeIntervalSince1970 - Double(facts.modified) / 1e9 < 60 { return nil }
        // Written whole before the run begins: what can't be read is half-made, and nobody's.
        if let metadata = try? metadata(of: path), !isWanted(metadata) { return nil }
        guard let lock = try FileLock.take(lockPath), FileSystem.exists(lockPath) else { return nil }
        Survivors.kill(mentioning: path)
        guard FileSystem.exists("\(path)/\(Workspace.metadataName)") else {
            try FileSystem.removeTree(path)
            return nil
        }
        let statePath = "\(path)/inside/state/terraform.tfstate"
        let copyPath = "\(path)/\(Workspace.stateCopyName)"
        return Leftover(
            path: path,
            metadata: try metadata(of: path),
            state: FileSystem.exists(statePath) ? try FileSystem.read(statePath) : nil,
            stateCopy: FileSystem.exists(copyPath) ? try FileSystem.read(copyPath) : nil,
            lock: lock
        )
    }

    private static func metadata(of path: String) throws(HostError) -> [String: String] {
        let members = JSONValue(parsing: try FileSystem.read("\(path)/\(Workspace.metadataName)"))?.members ?? []
        return Dictionary(members.map { ($0.name, $0.value.string ?? "") }) { first, _ in first }
    }

    private init(path: String, metadata: [String: String], state: [UInt8]?, stateCopy: [UInt8]?, lock: FileLock) {
        self.path = path
        self.metadata = metadata
        self.state = state
        self.stateCopy = stateCopy
        self.lock = lock
    }

    /// What Terraform had said until then, masked.
    ///
    /// - Parameter settings: Whose redactor masks.
    /// - Returns: Every line, the last one perhaps cut short.
    package func lines(settings: RunSettings) -> [TerraformLine] {
        // Without the file there is nothing that it said.
        guard let bytes = try? FileSystem.read("\(path)/output.jsonl") else { return [] }
        var splitter = LineSplitter()
        let parser = EventParser(redactor: settings.redactor)
        let lines = splitter.add(bytes) + [splitter.finish()].compactMap(\.self)
        return lines.map(parser.parse)
    }

    /// Removes the folder; call it once its state is safe.
    package func remove() {
        // What resists is adopted again by the next process.
        try? FileSystem.removeTree(path)
    }
}
