internal import Host

extension SourceFiles {
    /// Reads a folder, or a single `.tf` file, into memory.
    ///
    /// Left out: `.git` and its like, `.terraform`, state files (named in ``ignoredStates``), crash logs, and what ``IgnoreRules`` in the
    /// folder's `.terraformignore` say.
    ///
    /// - Parameter path: A folder or file; a symbolic link to one is followed.
    /// - Throws: ``TerraformError`` naming the first file that can't be deployed, and why.
    package init(reading path: String) throws(TerraformError) {
        guard let root = FileSystem.resolved(path), let facts = FileFacts(of: root) else {
            throw TerraformError(.sourceMissing(path: path))
        }
        switch facts.kind {
        case .folder:
            var reader = FolderReader(root: root, rules: try Self.rules(in: root))
            try reader.read("")
            try self.init(entries: reader.entries, ignoredStates: reader.ignoredStates)
        case .file:
            let name = root.split(separator: "/").last.map(String.init) ?? ""
            guard Self.isConfiguration(name) else { throw TerraformError(.sourceMissing(path: path)) }
            guard facts.byteCount <= Self.byteLimit else { throw TerraformError(.sourceTooLarge(limit: Self.byteLimit)) }
            let bytes = try attempt { () throws(HostError) in try FileSystem.read(root) }
            try self.init(entries: [Entry(path: name, content: .file(bytes, isExecutable: false))])
        case .link, .special:
            throw TerraformError(.specialFile(path: path))
        }
    }
}

extension SourceFiles {
    private static func rules(in root: String) throws(TerraformError) -> IgnoreRules? {
        let path = "\(root)/\(IgnoreRules.fileName)"
        guard FileSystem.exists(path) else { return nil }
        let bytes = try attempt { () throws(HostError) in try FileSystem.read(path, limit: 1 << 20) }
        return IgnoreRules(String(decoding: bytes, as: UTF8.self))
    }

    static func isState(_ name: String) -> Bool {
        name == "terraform.tfstate" || name.hasPrefix("terraform.tfstate.") || name == "errored.tfstate"
    }

    static func isIgnored(_ name: String) -> Bool {
        [".git", ".hg", ".svn", ".terraform", ".terraform.tfstate.lock.info", "crash.log"].contains(name)
            || (name.hasPrefix("crash.") && name.hasSuffix(".log"))
    }
}

/// Runs a call to the system and translates its refusal.
func attempt<Result>(_ body: () throws(HostError) -> Result) throws(TerraformError) -> Result {
    do { return try body() } catch { throw TerraformError(error) }
}

/// Walks a folder.
private struct FolderReader {
    let root: String
    var entries: [SourceFiles.Entry] = []
    var ignoredStates: [String] = []
    private let rules: IgnoreRules?
    private var size = 0

    init(root: String, rules: IgnoreRules?) {
        self.root = root
        self.rules = rules
    }

    mutating func read(_ folder: String) throws(TerraformError) {
        let here = folder.isEmpty ? root : "\(root)/\(folder)"
        for bytes in try attempt({ () throws(HostError) in try FileSystem.rawNames(in: here) }) {
            guard let name = String(validating: bytes, as: UTF8.self) else {
                let shown = String(decoding: bytes, as: UTF8.self)
                throw TerraformError(.nameNotUTF8(path: folder.isEmpty ? shown : "\(folder)/\(shown)"))
            }
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if SourceFiles.isState(name) {
                ignoredStates.append(path)
            } else if !SourceFiles.isIgnored(name) {
                try add(path)
            }
        }
    }

    private mutating func add(_ path: String) throws(TerraformError) {
        // Removed while we were reading: not there.
        guard let facts = FileFacts(of: "\(root)/\(path)") else { return }
        if let rules, rules.leavesOut(path, isFolder: facts.kind == .folder), facts.kind != .folder || !rules.hasNegations { return }
        switch facts.kind {
        case .folder: try read(path)
        case .special: throw TerraformError(.specialFile(path: path))
        case .link:
            let target = try attempt { () throws(HostError) in try FileSystem.linkTarget("\(root)/\(path)") }
            guard let text = String(validating: target, as: UTF8.self) else { throw TerraformError(.nameNotUTF8(path: path)) }
            let end = FileSystem.resolved("\(root)/\(path)")
            guard SourceFiles.staysInside(text, from: path), end.map({ $0 == root || $0.hasPrefix(root + "/") }) ?? true else {
                throw TerraformError(.linkLeavesFolder(path: path, target: text))
            }
            entries.append(SourceFiles.Entry(path: path, content: .link(text)))
        case .file:
            size += facts.byteCount
            // Before it is read: a folder of disk images must not fill the memory.
            guard size <= SourceFiles.byteLimit else { throw TerraformError(.sourceTooLarge(limit: SourceFiles.byteLimit)) }
            guard entries.count < SourceFiles.countLimit else { throw TerraformError(.tooManyFiles(limit: SourceFiles.countLimit)) }
            let bytes = try attempt { () throws(HostError) in
                try FileSystem.read("\(root)/\(path)", limit: SourceFiles.byteLimit + 1)
            }
            entries.append(SourceFiles.Entry(path: path, content: .file(bytes, isExecutable: facts.mode & 0o100 != 0)))
        }
    }
}
