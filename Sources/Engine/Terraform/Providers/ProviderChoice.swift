/// Which providers of the store a run is given, and what the store lacks for it.
struct ProviderChoice: Sendable, Equatable {
    struct Missing: Sendable, Equatable {
        var why: String
        /// What the store could be filled with; nil where only the run's own `init` can help.
        var request: ProviderRequest?
    }

    /// In the order in which they were found to be needed.
    var given: [StoredProvider] = []
    /// Empty when the run needs no `init`.
    var missing: [Missing] = []

    /// Decides.
    ///
    /// - Parameters:
    ///   - own: The configuration's own lock file: exactly these versions with one of these hashes, or `init` decides.
    ///   - kept: The lock file of the deployment's last run: these versions where the configuration still wants them.
    ///   - requirements: What the configuration seems to need.
    ///   - bundled: What the source brings along itself: never the store's.
    ///   - stored: What there is.
    /// - Returns: The choice.
    static func choose(
        own: DependencyLock?,
        kept: DependencyLock?,
        requirements: [ProviderAddress: [VersionConstraint]],
        bundled: Set<ProviderAddress> = [],
        stored: [StoredProvider]
    ) -> ProviderChoice {
        var choice = ProviderChoice()
        var locked: Set<ProviderAddress> = []
        for selection in (own ?? kept)?.selections ?? [] {
            let constraints = requirements[selection.address] ?? []
            // The configuration has moved on since: choose anew.
            if own == nil, !constraints.allSatisfy({ $0.allows(selection.version) }) { continue }
            locked.insert(selection.address)
            guard !bundled.contains(selection.address) else {
                choice.missing.append(Missing(why: "the source brings \(selection.address) along"))
                continue
            }
            guard let match = stored.first(where: { $0.address == selection.address && $0.version == selection.version }) else {
                let request = ProviderRequest(selection.address, exactly: selection.version)
                choice.missing.append(Missing(why: "\(selection.address) \(selection.version) is not in the store yet", request: request))
                continue
            }
            guard selection.isSatisfied(by: match) else {
                choice.missing.append(Missing(why: "the lock file has other hashes for \(selection.address) \(selection.version)"))
                continue
            }
            choice.given.append(match)
        }
        for (address, constraints) in requirements.sorted(by: { $0.key < $1.key }) where !locked.contains(address) {
            guard !bundled.contains(address) else {
                choice.missing.append(Missing(why: "the source brings \(address) along"))
                continue
            }
            let candidates = stored.filter { candidate in
                candidate.address == address && candidate.version.prerelease == nil
                    && constraints.allSatisfy { $0.allows(candidate.version) }
            }
            guard let newest = candidates.max(by: { $0.version < $1.version }) else {
                // A lock file is Terraform's own word on what is needed: what it lacks may stand in a module that nobody calls, and would
                // cost an `init` each time. Should it be needed after all, Terraform says so before it does anything.
                if own != nil || kept != nil { continue }
                let request = ProviderRequest(address, constraints)
                choice.missing.append(Missing(why: "the store has no \(address) that fits", request: request))
                continue
            }
            choice.given.append(newest)
        }
        return choice
    }

    /// What `init` is to keep to: the kept lock file where it still holds, and the versions that are given.
    ///
    /// - Parameters:
    ///   - kept: The lock file of the deployment's last run.
    ///   - bundled: What the source brings along: it may have been built anew under the same version, so its hash is not kept.
    /// - Returns: Nil when there is nothing to keep to.
    func lock(over kept: DependencyLock?, bundled: Set<ProviderAddress>) -> DependencyLock? {
        let addresses = bundled.union(given.map(\.address))
        let others = (kept?.selections ?? []).filter { !addresses.contains($0.address) }
        let chosen = given.map { DependencyLock.Selection(address: $0.address, version: $0.version, hashes: $0.hashes) }
        return others.isEmpty && chosen.isEmpty ? nil : DependencyLock(others + chosen)
    }
}

extension DependencyLock.Selection {
    /// The store's provider is one that the lock file allows.
    func isSatisfied(by provider: StoredProvider) -> Bool {
        address == provider.address && version == provider.version
            && (hashes.isEmpty || !Set(hashes).isDisjoint(with: provider.hashes + [provider.h1]))
    }
}
