extension ProviderRequirements {
    /// Reads the root module and the local modules that it calls: what examples and tests in the same source need is of no use to a run.
    init(of source: SourceFiles) {
        self.init()
        var folders: [String: [HCLOutline]] = [:]
        var isKnown = true
        for entry in source.entries {
            guard case .file(let content, _) = entry.content else { continue }
            let (folder, name) = Self.split(entry.path)
            // Modules that are called in JSON are not followed: then all count.
            if name.hasSuffix(".tf.json") || name.hasSuffix(".tofu.json") { isKnown = false }
            if name.hasSuffix(".tf") || name.hasSuffix(".tofu") { folders[folder, default: []].append(HCLOutline(content)) }
        }
        // A module behind a link is found under another name.
        if source.entries.contains(where: { if case .link = $0.content { true } else { false } }) { isKnown = false }
        let used = isKnown ? Self.called(in: folders) : Set(folders.keys)
        for (folder, outlines) in folders where used.contains(folder) { for outline in outlines { add(outline) } }
    }

    /// The folders of the root module and of all that it calls.
    private static func called(in folders: [String: [HCLOutline]]) -> Set<String> {
        var found: Set<String> = [""]
        var next = [""]
        while let folder = next.popLast() {
            for module in (folders[folder] ?? []).flatMap({ $0.top("module") }) {
                // OpenTofu allows expressions here; what isn't known is not needed beforehand.
                guard case .string(let target)? = module.attributes["source"]?.first, target.hasPrefix("./") || target.hasPrefix("../"),
                    let inner = resolve(target, from: folder), found.insert(inner).inserted
                else { continue }
                next.append(inner)
            }
        }
        return found
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    /// Nil when it leads out of the source.
    private static func resolve(_ target: String, from folder: String) -> String? {
        var parts = folder.split(separator: "/")
        for part in target.split(separator: "/") where part != "." {
            if part != ".." { parts.append(part) } else if parts.popLast() == nil { return nil }
        }
        return parts.joined(separator: "/")
    }
}
