/// A configuration's files in memory, checked: what is deployed, sealed and stored.
package struct SourceFiles: Sendable, Hashable {
    /// One file or symbolic link.
    package struct Entry: Sendable, Hashable {
        package enum Content: Sendable, Hashable {
            case file([UInt8], isExecutable: Bool)
            /// A relative target inside the folder.
            case link(String)
        }

        /// Relative, with `/`, without `.` and `..`.
        package let path: String
        package let content: Content

        var byteCount: Int { if case .file(let bytes, _) = content { bytes.count } else { 0 } }
    }

    /// The most that a source may hold: bytes of content, and entries.
    package static let byteLimit = 50 << 20
    package static let countLimit = 20_000

    /// Sorted by path.
    package let entries: [Entry]
    /// Of all contents.
    package var byteCount: Int { entries.reduce(0) { $0 + $1.byteCount } }
    /// State files that were found and left out: ``StateFiles`` of someone's own runs, of which Slipway knows nothing.
    package let ignoredStates: [String]

    /// Takes files as they are given, for example from a request.
    ///
    /// - Parameter files: Relative paths with their contents.
    /// - Throws: ``TerraformError`` for an unsafe path, a state or another leftover of a run, no configuration, or too much.
    package init(files: [String: [UInt8]]) throws(TerraformError) {
        for path in files.keys.sorted() {
            let parts = path.split(separator: "/").map(String.init)
            // A folder has such things by chance; here somebody wants something of them that they wouldn't get.
            guard !parts.contains(where: Self.isIgnored), !Self.isState(parts.last ?? "") else {
                throw TerraformError(.leftover(path: path))
            }
        }
        try self.init(entries: files.map { Entry(path: $0.key, content: .file($0.value, isExecutable: false)) })
    }

    /// Checks and sorts.
    ///
    /// - Throws: ``TerraformError`` for an unsafe path, no configuration, or too much.
    init(entries: [Entry], ignoredStates: [String] = []) throws(TerraformError) {
        var size = 0
        var paths: Set<String> = []
        for entry in entries {
            guard Self.isSafe(entry.path), paths.insert(entry.path).inserted else { throw TerraformError(.unsafeName(path: entry.path)) }
            switch entry.content {
            case .file(let bytes, _): size += bytes.count
            case .link(let target):
                guard Self.staysInside(target, from: entry.path) else {
                    throw TerraformError(.linkLeavesFolder(path: entry.path, target: target))
                }
            }
        }
        guard size <= Self.byteLimit else { throw TerraformError(.sourceTooLarge(limit: Self.byteLimit)) }
        guard entries.count <= Self.countLimit else { throw TerraformError(.tooManyFiles(limit: Self.countLimit)) }
        // What lies below a link, or below a file, would be written to somewhere else.
        if let path = Self.pathBelowAnother(entries) { throw TerraformError(.unsafeName(path: path)) }
        guard entries.contains(where: { !$0.path.contains("/") && Self.isConfiguration($0.path) }) else {
            throw TerraformError(.noConfiguration)
        }
        self.entries = entries.sorted { $0.path < $1.path }
        self.ignoredStates = ignoredStates
    }

    /// The content of a file; nil for links and what isn't there.
    package subscript(path: String) -> [UInt8]? {
        guard let entry = entries.first(where: { $0.path == path }), case .file(let bytes, _) = entry.content else { return nil }
        return bytes
    }

    /// The configuration files of the root module, by name.
    var rootFiles: [(name: String, content: [UInt8])] {
        entries.compactMap { entry in
            guard !entry.path.contains("/"), Self.isConfiguration(entry.path), case .file(let bytes, _) = entry.content else { return nil }
            return (entry.path, bytes)
        }
    }

    // MARK: - Rules

    /// What Terraform or OpenTofu reads as configuration.
    static func isConfiguration(_ name: String) -> Bool {
        [".tf", ".tf.json", ".tofu", ".tofu.json"].contains { name.hasSuffix($0) } && !name.hasPrefix(".")
    }

    /// One that lies below another entry, which is no folder then.
    private static func pathBelowAnother(_ entries: [Entry]) -> String? {
        // Ordered as a tree is, what lies below an entry follows it; looking for each folder of each path would take minutes for deep ones.
        let slash = UInt8(ascii: "/")
        let paths = entries.map { entry in (path: entry.path, order: entry.path.utf8.map { $0 == slash ? 0 : $0 }) }
        let ordered = paths.sorted { $0.order.lexicographicallyPrecedes($1.order) }
        return zip(ordered, ordered.dropFirst()).first { upper, lower in
            lower.order.count > upper.order.count && lower.order[upper.order.count] == 0 && lower.order.starts(with: upper.order)
        }?.1.path
    }

    static func isSafe(_ path: String) -> Bool {
        guard !path.isEmpty, path.utf8.count <= 1024, !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return false }
        return path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && part.utf8.count <= 255
        }
    }

    /// Follows a link's target by its words alone.
    static func staysInside(_ target: String, from path: String) -> Bool {
        guard !target.hasPrefix("/"), !target.isEmpty, !target.utf8.contains(0) else { return false }
        var depth = path.split(separator: "/").count - 1
        for part in target.split(separator: "/") where part != "." {
            depth += part == ".." ? -1 : 1
            if depth < 0 { return false }
        }
        return true
    }
}
