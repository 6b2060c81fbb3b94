/// Which providers of the store a run is given.
enum ProviderChoice: Equatable {
    /// These; the lock file names them with all the hashes the store knows.
    case these([StoredProvider])
    case needsInitialization(why: String)

    /// Decides.
    ///
    /// - Parameters:
    ///   - own: The configuration's own lock file: exactly these versions with one of these hashes, or `init` decides.
    ///   - kept: The lock file of the deployment's last run: these versions where the configuration still wants them.
    ///   - requirements: What the configuration seems to need.
    ///   - stored: What there is.
    /// - Returns: The choice.
    static func choose(
        own: DependencyLock?,
        kept: DependencyLock?,
        requirements: [ProviderAddress: [VersionConstraint]],
        stored: [StoredProvider]
    ) -> ProviderChoice {
        var chosen: [StoredProvider] = []
        var locked: Set<ProviderAddress> = []
        for selection in (own ?? kept)?.selections ?? [] {
            let constraints = requirements[selection.address] ?? []
            // The configuration has moved on since: choose anew.
            if own == nil, !constraints.allSatisfy({ $0.allows(selection.version) }) { continue }
            guard let match = stored.first(where: { $0.address == selection.address && $0.version == selection.version }) else {
                return .needsInitialization(why: "\(selection.address) \(selection.version) is not in the store yet")
            }
            guard selection.hashes.isEmpty || !Set(selection.hashes).isDisjoint(with: match.hashes + [match.h1]) else {
                return .needsInitialization(why: "the lock file has other hashes for \(selection.address) \(selection.version)")
            }
            chosen.append(match)
            locked.insert(selection.address)
        }
        for (address, constraints) in requirements where !locked.contains(address) {
            let candidates = stored.filter { candidate in
                candidate.address == address && candidate.version.prerelease == nil
                    && constraints.allSatisfy { $0.allows(candidate.version) }
            }
            guard let newest = candidates.max(by: { $0.version < $1.version }) else {
                // A lock file is Terraform's own word on what is needed: what it lacks may stand in a module that nobody calls, and would
                // cost an `init` each time. Should it be needed after all, Terraform says so before it does anything.
                if own != nil || kept != nil { continue }
                return .needsInitialization(why: "the store has no \(address) that fits")
            }
            chosen.append(newest)
        }
        return .these(chosen)
    }
}
