package import Domain

extension StateVault {
    /// Compares two versions.
    ///
    /// - Parameters:
    ///   - deployment: Whose.
    ///   - from: The older one, as a rule; nil: the one before `to`.
    ///   - to: The newer one; nil: the newest.
    /// - Returns: What differs, in names.
    /// - Throws: ``VaultError/Reason/noVersion(_:version:)``, and what ``load(_:version:)`` throws.
    package func compare(_ deployment: DeploymentID, from: Int? = nil, to: Int? = nil) async throws(VaultError) -> StateComparison {
        let new = try await export(deployment, version: to)
        let newContent = try StateContent(parsing: new.bytes)
        var earlier = from
        if earlier == nil { earlier = try await versions(of: deployment, before: new.version.version, limit: 1).first?.version }
        guard let earlier else { throw VaultError(.noVersion(deployment, version: new.version.version - 1)) }
        let old = try await export(deployment, version: earlier)
        return StateComparison(from: (old.version, try StateContent(parsing: old.bytes)), to: (new.version, newContent))
    }

    /// Compares the newest version with a file that is not stored.
    ///
    /// - Returns: The addresses of resources that the file adds, changes and removes.
    /// - Throws: As ``compare(_:from:to:)`` does, and for bytes that are no state.
    package func compare(_ deployment: DeploymentID, toFile bytes: [UInt8]) async throws(VaultError) -> StateComparison {
        let old = try await export(deployment)
        return StateComparison(
            from: (old.version, try StateContent(parsing: old.bytes)),
            to: (old.version, try StateContent(parsing: bytes))
        )
    }
}

extension StateComparison {
    init(from old: (version: StateVersion, content: StateContent), to new: (version: StateVersion, content: StateContent)) {
        from = old.version
        to = new.version
        added = new.content.resources.keys.filter { old.content.resources[$0] == nil }.sorted()
        removed = old.content.resources.keys.filter { new.content.resources[$0] == nil }.sorted()
        changed = new.content.resources.sorted { $0.key < $1.key }.compactMap { address, resource in
            old.content.resources[address].flatMap { Self.change(at: address, from: $0, to: resource) }
        }
        let names = Set(old.content.outputs.keys).union(new.content.outputs.keys)
        outputs = names.sorted().compactMap { name in
            let (before, after) = (old.content.outputs[name], new.content.outputs[name])
            guard before != after else { return nil }
            return Output(
                name: name,
                change: before == nil ? .added : after == nil ? .removed : .changed,
                isSensitive: (before?.isSensitive ?? false) || (after?.isSensitive ?? false)
            )
        }
    }

    private static func change(
        at address: String,
        from old: StateContent.Resource,
        to new: StateContent.Resource
    ) -> ChangedResource? {
        let names = Set(old.attributes.keys).union(new.attributes.keys).filter { old.attributes[$0] != new.attributes[$0] }
        let statusChanged = old.isTainted != new.isTainted
        guard !names.isEmpty || statusChanged else { return nil }
        let sensitive = old.sensitive.union(new.sensitive)
        return ChangedResource(
            address: address,
            attributes: names.sorted().map { Attribute(name: $0, isSensitive: sensitive.contains($0)) },
            statusChanged: statusChanged
        )
    }
}
