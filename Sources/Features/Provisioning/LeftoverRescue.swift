internal import Domain
internal import FoundationEssentials
internal import Host
internal import Jobs
internal import Log
internal import Sealing
internal import StateVault
internal import Storage
internal import Terraform

/// Settles workspaces on this machine whose jobs no attempt will come back to: their state is sealed first, then they are removed.
///
/// The workspaces of jobs that will be tried again are left to the next attempt, which knows more about them.
package struct LeftoverRescue: Sendable {
    private let services: ProvisioningServices

    package init(services: ProvisioningServices) { self.services = services }

    /// Looks once; call it at start and now and then.
    package func run() async {
        do {
            let ended = try await endedJobs()
            let leftovers = try Leftover.adopt(in: services.workspaces) { metadata in
                LeftoverFacts(metadata).map { ended.contains($0.job) } ?? true
            }
            for leftover in leftovers { try await settle(leftover) }
        } catch {
            services.logger.error("Leftover workspaces could not be settled", ["error": .init("\(error)")])
        }
    }

    /// The jobs of this machine's workspaces that have ended or are gone, as the database says now.
    private func endedJobs() async throws -> Set<JobID> {
        var jobs: Set<JobID> = []
        // Wants none of them: only looks whose they are.
        _ = try Leftover.adopt(in: services.workspaces) { metadata in
            guard let facts = LeftoverFacts(metadata) else { return true }
            jobs.insert(facts.job)
            return false
        }
        guard !jobs.isEmpty else { return [] }
        let found = jobs
        return try await services.database.read { [store = services.jobs] transaction in
            try found.filter { try store.job($0, in: transaction)?.status.isFinal ?? true }
        }
    }

    private func settle(_ leftover: Leftover) async throws {
        if let state = leftover.state, let facts = LeftoverFacts(leftover.metadata), (try? StateDocument(parsing: state)) != nil {
            try await save(state, facts)
        }
        leftover.remove()
    }

    private func save(_ state: [UInt8], _ facts: LeftoverFacts) async throws {
        do {
            _ = try await services.vault.save(
                state,
                for: facts.deployment,
                as: .final,
                fence: facts.fence,
                job: facts.job,
                author: services.worker
            )
            services.logger.info("A leftover state was sealed", ["job.id": .init(facts.job)])
        } catch {
            guard !error.isTransient else { throw error }
            try setAside(state, of: facts, because: error)
        }
    }

    /// Someone has written since: the vault's state stands, and this one is kept, sealed, for a person to look at.
    func setAside(_ state: [UInt8], of facts: LeftoverFacts, because error: VaultError) throws {
        let path = try keep(state, of: facts)
        services.logger.error(
            "A leftover state was not taken; it is kept sealed",
            ["job.id": .init(facts.job), "path": .init(path), "error": .init("\(error)")]
        )
    }

    private func keep(_ state: [UInt8], of facts: LeftoverFacts) throws -> String {
        let sealed = try Envelope.seal(state, with: services.keyring, context: "leftover/\(facts.job)/\(facts.fence)", compress: true)
        try FileManager.default.createDirectory(
            atPath: services.rescueFolder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let path = "\(services.rescueFolder)/\(facts.job)-\(facts.fence).sealed"
        try Data(sealed).write(to: URL(filePath: path), options: .atomic)
        return path
    }
}
