internal import Host
internal import Log

/// Fills the store: the only one that does.
///
/// It lets Terraform `init` a configuration of its own that names one provider and holds nothing else, in a sandbox of its own without
/// anything of any run: so nobody's code has a hand in what others are given. Terraform checks the registry's signature, or takes what the
/// operator's mirror has; ``ProviderStore/install(_:from:platform:)`` checks the result.
struct ProviderInstaller: Sendable {
    let program: TerraformProgram
    let sandbox: Sandbox
    let store: ProviderStore

    enum Outcome: Sendable, Equatable {
        case installed(StoredProvider)
        /// In Terraform's words.
        case unavailable(why: String)
    }

    /// A slow line takes its time for the largest provider, 160 MB packed.
    private static let timeout = Duration.seconds(1800)

    /// Brings in a provider, unless the store has one that will do; whoever asks for the same meanwhile waits and finds it there.
    ///
    /// - Parameter request: Of what the store has unverified, the version that would have been used is asked for first.
    /// - Returns: What will do now, or why nothing does.
    /// - Throws: ``TerraformError`` when the store can't be written, and when what came is damaged or was exchanged; `CancellationError`
    ///   is told as a system's error, for nobody reads on.
    func install(_ request: ProviderRequest) async throws(TerraformError) -> Outcome {
        if let why = store.refusal(of: request) { return .unavailable(why: why) }
        let turn = try await turn(for: request.address)
        defer { turn.release() }
        if let provider = newest(of: store.providers(for: program.platform), for: request) { return .installed(provider) }
        if let old = newest(of: store.unverifiedProviders(for: program.platform), for: request),
            case .installed(let provider) = try await fetch(ProviderRequest(old.address, exactly: old.version))
        {
            return .installed(provider)
        }
        let outcome = try await fetch(request)
        if case .unavailable(let why) = outcome { try attempt { () throws(HostError) in try store.refuse(request, because: why) } }
        return outcome
    }

    /// Asks for everything that an earlier version left in the store; what the registry or mirror confirms is used again.
    ///
    /// - Returns: What could not be verified, with the reason; nothing is removed for that.
    func verifyStore() async -> [(provider: StoredProvider, why: String)] {
        var remaining: [(StoredProvider, String)] = []
        for provider in store.unverifiedProviders(for: program.platform) where !Task.isCancelled {
            do throws(TerraformError) {
                let turn = try await turn(for: provider.address)
                defer { turn.release() }
                let outcome = try await fetch(ProviderRequest(provider.address, exactly: provider.version))
                if case .unavailable(let why) = outcome { remaining.append((provider, why)) }
            } catch {
                // At the end of the program nobody is to blame.
                if !Task.isCancelled { remaining.append((provider, error.description)) }
            }
        }
        return remaining
    }

    private func newest(of providers: [StoredProvider], for request: ProviderRequest) -> StoredProvider? {
        providers.filter(request.isSatisfied).max { $0.version < $1.version }
    }

    /// Waits until nobody else installs anything of that address.
    private func turn(for address: ProviderAddress) async throws(TerraformError) -> FileLock {
        let path = "\(store.folder)/.installing/\(ProviderStore.name(address.description))"
        while true {
            if let lock = try attempt({ () throws(HostError) in try FileLock.take(path) }) { return lock }
            // A download takes a while; a wait in the kernel could not be cancelled.
            guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { throw Self.cancelled(path) }
        }
    }

    private static func cancelled(_ path: String) -> TerraformError {
        TerraformError(.system(HostError(errno: 125, doing: "wait for", path: path)))
    }

    // MARK: - One init

    private func fetch(_ request: ProviderRequest) async throws(TerraformError) -> Outcome {
        let downloads = try attempt { () throws(HostError) in try store.makeDownloads(owner: sandbox.user) }
        defer { downloads.remove() }
        let inside = "\(downloads.path)/inside"
        let finished: ChildProcess.Finished
        do throws(HostError) {
            let folder = try HeldFolder.make(inside, owner: sandbox.user)
            for part in ["source", "tmp"] { try folder.makeNewFolder(part) }
            try folder.write(Array(request.configuration.utf8), to: "source/main.tf")
            try folder.write(Array(store.configuration.text.utf8), to: "terraformrc")
            let command = try sandbox.command(order(inside, downloads))
            finished = try await ChildProcess.run(command, timeout: Self.timeout, endsWhenCancelled: true)
        } catch {
            throw TerraformError(error)
        }
        guard !Task.isCancelled else { throw Self.cancelled(downloads.path) }
        guard finished.status.isSuccess else { return .unavailable(why: Self.explanation(finished)) }
        let lockPath = "\(inside)/source/.terraform.lock.hcl"
        guard FileSystem.exists(lockPath) else { return .unavailable(why: "init locked nothing") }
        let text = try attempt { () throws(HostError) in try FileSystem.read(lockPath, limit: 1 << 20) }
        guard
            let selection = DependencyLock(String(decoding: text, as: UTF8.self))?.selections.first(where: { $0.address == request.address }
            )
        else { return .unavailable(why: "init locked something else") }
        try await store.install(DependencyLock([selection]), from: "\(inside)/source/.terraform/providers", platform: program.platform)
        guard let provider = newest(of: store.providers(for: program.platform), for: request) else {
            return .unavailable(why: "init chose \(selection.version)")
        }
        return .installed(provider)
    }

    private func order(_ inside: String, _ downloads: DownloadFolder) -> Sandbox.Order {
        var environment = store.environment.filter { Self.passedOn.contains($0.key) }
        let certificates = ["SSL_CERT_FILE", "SSL_CERT_DIR"].compactMap { environment[$0] }.filter { $0.hasPrefix("/") }
        environment["TF_CLI_CONFIG_FILE"] = sandbox.workspace(inside) + "/terraformrc"
        environment["TF_IN_AUTOMATION"] = "1"
        environment["TF_INPUT"] = "0"
        environment["CHECKPOINT_DISABLE"] = "1"
        return Sandbox.Order(
            program: program.path,
            arguments: ["init", "-input=false", "-no-color", "-backend=false"],
            environment: environment,
            insideFolder: inside,
            downloads: downloads.path,
            writesDownloads: true,
            readOnly: store.configuration.folders + certificates
        )
    }

    /// The way to the registry, as the operator has set it.
    private static let passedOn: Set<String> = [
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
    ]

    /// The lines of the error without its frame.
    private static func explanation(_ finished: ChildProcess.Finished) -> String {
        if finished.timedOut { return "init took longer than half an hour" }
        let text = String((finished.errorText.isEmpty ? finished.text : finished.errorText).prefix(4000))
        let lines = text.split(separator: "\n").map { $0.drop { " │╷╵".contains($0) } }.filter { !$0.isEmpty }
        return lines.isEmpty ? "init ended with \(finished.status.end)" : lines.joined(separator: " ")
    }
}
