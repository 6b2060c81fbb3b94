package import Domain
internal import Host

/// The network that the commands of one attempt share.
///
/// A filtered one is there until ``close()``, or until this process ends.
package struct RunNetwork: Sendable {
    /// How a program gets into it.
    enum Entry: Sendable {
        case host
        case nothing
        case filtered(FilteredNetwork)
    }

    let entry: Entry
    var isHost: Bool { if case .host = entry { true } else { false } }
    /// What is in force, in one sentence; said in every job.
    package let sentence: String

    /// This machine's own.
    package static let host = RunNetwork(entry: .host, sentence: "the network is this machine's own (host)")

    static let nothing = RunNetwork(entry: .nothing, sentence: "there is no network (none)")

    static func filtered(_ network: FilteredNetwork, allowing allowed: [AddressRange]) -> RunNetwork {
        let exceptions = allowed.isEmpty ? "" : " but for \(allowed.map(\.description).joined(separator: ", "))"
        let closed = "not this machine, private networks or the cloud's metadata\(exceptions)"
        return RunNetwork(entry: .filtered(network), sentence: "the network is filtered: the outside by IPv4, \(closed)")
    }

    /// What to know of an error that this network may be the reason of; nil for any other.
    ///
    /// - Parameter error: As Terraform, a provider or a program of a provisioner says it.
    /// - Returns: A sentence or two.
    func hint(for error: String) -> String? {
        let error = error.lowercased()
        let isRefused = ["no route to host", "network is unreachable", "host is unreachable"].contains(where: error.contains)
        // The run's own loopback, where nothing listens, answers so.
        let isLoopback = error.contains("connection refused") && ["127.0.0.1", "localhost", "[::1]"].contains(where: error.contains)
        guard isRefused || isLoopback else { return nil }
        switch entry {
        case .host: return nil
        case .nothing: return "This run has no network: `slipway org network NAME --network …` sets another."
        case .filtered:
            return
                "This run's network is filtered: it reaches neither this machine, its loopback included, nor private addresses, nor IPv6. "
                + "`slipway org network NAME --allow CIDR` opens a range; `--network host` shares this machine's network."
        }
    }

    /// Ends it, once nothing runs in it any more; again does nothing.
    package func close() { if case .filtered(let network) = entry { network.close() } }
}

extension Sandbox {
    /// Makes a filtered network and ends it.
    ///
    /// - Throws: ``TerraformError/Reason/networkUnavailable(why:)`` where a run could not have one.
    package func tryFilteredNetwork() async throws(TerraformError) { try await filteredNetwork(allowing: []).close() }

    func filteredNetwork(allowing allowed: [AddressRange]) async throws(TerraformError) -> FilteredNetwork {
        try await FilteredNetwork.open(for: try requireBubblewrap(), allowing: allowed)
    }

    func requireBubblewrap() throws(TerraformError) -> Bubblewrap {
        if let bubblewrap { return bubblewrap }
        throw TerraformError(.networkUnavailable(why: "it needs the sandbox, and \(sentence)"))
    }
}

extension TerraformRunner {
    /// Makes the network of an attempt (a filtered one takes some 30 ms).
    ///
    /// - Parameters:
    ///   - mode: Which.
    ///   - allowed: What a filtered one reaches though it is closed otherwise.
    ///   - isWished: Somebody has asked for it: without it there is no run. Otherwise only a required sandbox insists on it.
    /// - Returns: The network, to be closed by the caller; this machine's own, with a sentence that says why, where another doesn't work and
    ///   nobody insists.
    /// - Throws: ``TerraformError/Reason/networkUnavailable(why:)``.
    package func openNetwork(
        _ mode: NetworkMode,
        allowing allowed: [AddressRange] = [],
        isWished: Bool
    ) async throws(TerraformError) -> RunNetwork {
        guard mode != .host else { return .host }
        do throws(TerraformError) {
            guard mode == .filtered else {
                _ = try sandbox.requireBubblewrap()
                return .nothing
            }
            return .filtered(try await sandbox.filteredNetwork(allowing: allowed), allowing: allowed)
        } catch {
            guard !isWished, !sandbox.isRequired else { throw error }
            return RunNetwork(entry: .host, sentence: "the network is this machine's own, NOT filtered: \(error)")
        }
    }

    /// What to know of an error that the runner's network may be the reason of; nil for any other.
    package func networkHint(for error: String) -> String? { network.hint(for: error) }

    /// This runner, its commands in that network.
    package func joining(_ network: RunNetwork) -> TerraformRunner {
        var copy = self
        copy.network = network
        return copy
    }

    /// The same for what holds no lease, and so isn't ended with one.
    package func withoutLease() -> TerraformRunner {
        TerraformRunner(program: program, sandbox: sandbox, providers: providers, groups: groups)
    }
}
