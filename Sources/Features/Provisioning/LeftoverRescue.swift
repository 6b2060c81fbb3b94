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
            let (ended, strange) = try await endedJobs()
            let leftovers = try Leftover.adopt(in: services.workspaces) { metadata in
                LeftoverFacts(metadata).map { ended.contains($0.job) || strange.contains($0.job) } ?? true
            }
            for leftover in leftovers { try await settle(leftover, strange: strange) }
        } catch {
            services.logger.error("Leftover workspaces could not be settled", ["error": .init("\(error)")])
        }
    }

    /// The jobs of this machine's workspaces that have ended, and those that the database doesn't know.
    private func endedJobs() async throws -> (ended: Set<JobID>, strange: Set<JobID>) {
        var jobs: Set<JobID> = []
        // Wants none of them: only looks whose they are.
        _ = try Leftover.adopt(in: services.workspaces) { metadata in
            guard let facts = LeftoverFacts(metadata) else { return true }
            jobs.insert(facts.job)
            return false
        }
        guard !jobs.isEmpty else { return ([], []) }
        let found = jobs
        return try await services.database.read { [store = services.jobs] transaction in
            let records = try found.map { (job: $0, record: try store.job($0, in: transaction)) }
            return (
                Set(records.filter { $0.record?.status.isFinal ?? false }.map(\.job)),
                Set(records.filter { $0.record == nil }.map(\.job))
            )
        }
    }

    private func settle(_ leftover: Leftover, strange: Set<JobID>) async throws {
        if let state = leftover.lastState?.bytes, let facts = LeftoverFacts(leftover.metadata) {
            if strange.contains(facts.job) {
                // Of a database that was deleted or exchanged: its deployment's number is another project's here.
                try setAside(state, of: facts, because: "the database knows no such job")
            } else {
                try await save(state, facts)
            }
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
            try setAside(state, of: facts, because: error.description)
        }
    }

    /// The vault's state stands, and this one is kept, sealed, for a person to look at.
    func setAside(_ state: [UInt8], of facts: LeftoverFacts, because reason: String) throws {
        let path = try keep(state, of: facts)
        services.logger.error(
            "A leftover state was not taken; it is kept sealed",
            ["job.id": .init(facts.job), "path": .init(path), "error": .init(reason)]
        )
    }

    private func keep(_ state: [UInt8], of facts: LeftoverFacts) throws -> String {
        let context = SetAsideState.context(job: facts.job, fence: facts.fence)
        let sealed = try Envelope.seal(state, with: services.keyring, context: context, compress: true)
        let path = "\(services.rescueFolder)/\(SetAsideState.name(job: facts.job, fence: facts.fence))"
        try FileSystem.makeFolder(services.rescueFolder)
        // One that was made before, by hand or by an older version, may be open to others.
        try FileSystem.setMode(0o700, of: services.rescueFolder)
        // Whole or not at all, and never with the mode of a file that was there.
        try FileSystem.removeFile("\(path).new")
        try FileSystem.write(sealed, to: "\(path).new", mode: 0o600, durably: true)
        try FileSystem.rename("\(path).new", to: path)
        try FileSystem.sync(folder: services.rescueFolder)
        return path
    }
}

extension Leftover {
    /// The last whole state: the file's, or the copy from before the rewrite in which the run died; nil when there is none.
    var lastState: FollowedState? {
        // What doesn't parse is half a state.
        [state, stateCopy].lazy.compactMap(\.self).compactMap { try? FollowedState(parsing: $0) }.first
    }
}
