internal import FoundationEssentials
internal import Host

/// A workspace whose process died: what it was about, and what must be saved before it is removed.
package struct Leftover: Sendable {
    private let parent: HeldFolder
    private let name: String
    private let folder: HeldFolder
    /// What ``Workspace/make(in:source:variables:state:plan:metadata:)`` was given.
    package let metadata: [String: String]
    /// The state file's bytes as they stand, whole or torn; nil when there never was one.
    package let state: [UInt8]?
    /// The copy of the last whole state that the dead process had seen; nil when there is none.
    package let stateCopy: [UInt8]?
    /// Nil for one that was taken over from a process that stands still.
    private let lock: FileLock?

    /// Takes over every workspace below `root` whose process is gone: kills what may still run in it, then reads it.
    ///
    /// Half-made ones are removed on the way. Two processes never get the same one.
    ///
    /// - Parameters:
    ///   - root: Where the workspaces are.
    ///   - isWanted: Told a workspace's metadata; those that are not wanted are left as they are, for whoever wants them.
    ///   - isSuperseded: Told the metadata of one that another process still holds: true when that one has lost its right to it and stands still,
    ///     so that its run is ended from here.
    /// - Returns: What was found, in no order.
    /// - Throws: ``TerraformError`` when the root can't be read, or what runs in a wanted one can't be ended.
    package static func adopt(
        in root: WorkspaceRoot,
        where isWanted: ([String: String]) -> Bool = { _ in true },
        superseding isSuperseded: ([String: String]) -> Bool = { _ in false }
    ) throws(TerraformError) -> [Leftover] {
        let names = try attempt { () throws(HostError) in try root.names() }.filter { UUID(uuidString: $0) != nil }
        guard !names.isEmpty else { return [] }
        let parent = try attempt { () throws(HostError) in try root.opened() }
        var found: [Leftover] = []
        for name in names {
            do throws(HostError) {
                if let leftover = try adopt(name, in: parent, where: isWanted, superseding: isSuperseded) { found.append(leftover) }
            } catch {
                // One that can't be read must not hide the others; it stays for the next attempt. But what still runs must not run twice.
                if error.errno == busy { throw TerraformError(.workspaceInUse(path: "\(root.path)/\(name)")) }
            }
        }
        return found
    }

    private static func adopt(
        _ name: String,
        in parent: HeldFolder,
        where isWanted: ([String: String]) -> Bool,
        superseding isSuperseded: ([String: String]) -> Bool
    ) throws(HostError) -> Leftover? {
        guard let facts = parent.facts(name), facts.kind == .folder else { return nil }
        let folder = try parent.folder(name)
        let path = folder.path
        // Made this moment, and its lock comes next; or its process died right there.
        if !folder.exists(Workspace.lockName), Date().timeIntervalSince1970 - Double(facts.modified) / 1e9 < 60 { return nil }
        // Written whole before the run begins: what can't be read is half-made, and nobody's.
        let words = try? metadata(in: folder)
        if let words, !isWanted(words) { return nil }
        let lock = try FileLock.take("\(path)/\(Workspace.lockName)")
        guard lock != nil || words.map(isSuperseded) ?? false, folder.exists(Workspace.lockName) else { return nil }
        // What can't be ended goes on writing: its state is nobody's to take yet.
        guard Survivors.kill(mentioning: path) else { throw HostError(errno: busy, doing: "end the run in", path: path) }
        guard let metadata = try metadata(in: folder) else {
            try parent.remove(name)
            return nil
        }
        return try Leftover(parent: parent, name: name, folder: folder, metadata: metadata, state: try stateLeft(in: folder), lock: lock)
    }

    /// The state file's bytes, whose owner is whoever the run was, which another server may have decided.
    private static func stateLeft(in folder: HeldFolder) throws(HostError) -> [UInt8]? {
        guard let facts = folder.facts(Workspace.insideName), facts.kind == .folder else { return nil }
        let states = "\(Workspace.insideName)/state"
        // A run may have shut its own folders.
        for name in [Workspace.insideName, states] { folder.allow(name) }
        do throws(HostError) {
            let inside = try folder.folder(states, owner: FileOwner(user: facts.owner, group: facts.owner))
            return try inside.read(Workspace.stateName, limit: Workspace.stateLimit)
        } catch {
            // What the run has put there instead is no state; the copy of the last whole one counts.
            guard error.isForeign || error.isMissing || [tooLarge, forbidden].contains(error.errno) else { throw error }
            return nil
        }
    }

    private static let tooLarge: Int32 = 27
    private static let forbidden: Int32 = 13
    private static let busy: Int32 = 16

    /// Nil when it was never written.
    private static func metadata(in folder: HeldFolder) throws(HostError) -> [String: String]? {
        guard let bytes = try folder.read(Workspace.metadataName, limit: 1 << 20) else { return nil }
        let members = JSONValue(parsing: bytes)?.members ?? []
        return Dictionary(members.map { ($0.name, $0.value.string ?? "") }) { first, _ in first }
    }

    private init(
        parent: HeldFolder,
        name: String,
        folder: HeldFolder,
        metadata: [String: String],
        state: [UInt8]?,
        lock: FileLock?
    ) throws(HostError) {
        (self.parent, self.name) = (parent, name)
        self.folder = folder
        self.metadata = metadata
        self.state = state
        stateCopy = try folder.read(Workspace.stateCopyName, limit: Workspace.stateLimit)
        self.lock = lock
    }

    /// What Terraform had said until then, masked.
    ///
    /// - Parameter settings: Whose redactor masks.
    /// - Returns: Every line, the last one perhaps cut short.
    package func lines(settings: RunSettings) -> [TerraformLine] {
        // Without the files there is nothing that it said.
        func lines(of name: String, _ parse: (LineSplitter.Line) -> TerraformLine) -> [TerraformLine] {
            guard let bytes = try? folder.read(name, limit: Self.outputLimit) else { return [] }
            var splitter = LineSplitter()
            return (splitter.add(bytes) + [splitter.finish()].compactMap(\.self)).map(parse)
        }
        let parser = EventParser(redactor: settings.redactor)
        return lines(of: Workspace.outputName) { parser.parse($0) } + lines(of: Workspace.errorName, parser.plain)
    }

    /// More than a run is let write.
    private static let outputLimit = 1 << 30

    /// Removes the folder; call it once its state is safe.
    package func remove() {
        // What resists is adopted again by the next process.
        try? parent.remove(name)
    }
}
