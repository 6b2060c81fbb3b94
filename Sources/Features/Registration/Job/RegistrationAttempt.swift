internal import Audit
internal import Domain
internal import Events
internal import FoundationEssentials
internal import Jobs
internal import Log
internal import Provisioning
internal import Remote
internal import Sealing
internal import Storage

/// One attempt at registering a deployment's servers: all of them at the same time.
struct RegistrationAttempt: Sendable {
    let context: JobContext
    let services: RegistrationServices
    let order: RegistrationOrder
    let recorder: RegistrationRecorder
    let began: Date

    private enum Outcome: Sendable {
        case end(JobEnd)
        case stopped(StopReason)
        case nothing
    }

    /// How a server came out.
    struct Enrolled: Sendable {
        let server: Server
        /// Nil: it is ready.
        let failure: EnrollmentFailure?
    }

    /// Does what the job asks for.
    ///
    /// - Throws: ``JobFailure`` with what to write beside the failure; what ends an attempt whose lease is lost.
    func run() async throws -> JobEnd {
        let ends = RegistrationEnds(attempt: self)
        do {
            let outcome = try await race()
            await recorder.close()
            switch outcome {
            case .end(let end): return end
            case .stopped(let reason): return try await ends.stopped(reason)
            case .nothing: throw CancellationError()
            }
        } catch is RegistrationSuperseded {
            await recorder.close()
            return await ends.superseded()
        } catch let error as RegistrationError {
            await recorder.close()
            throw await ends.failure(.validation, code: error.reason.rawValue, message: error.description)
        } catch let error as ProvisioningError {
            await recorder.close()
            throw await ends.failure(.notFound, code: error.reason.rawValue, message: error.description)
        } catch {
            await recorder.close()
            throw error
        }
    }

    /// The work, and whoever wants it to stop.
    private func race() async throws -> Outcome {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            group.addTask {
                try await recorder.run()
                return .nothing
            }
            group.addTask { .end(try await work()) }
            group.addTask { await context.stop.wait().map(Outcome.stopped) ?? .nothing }
            defer { group.cancelAll() }
            for try await outcome in group {
                if case .nothing = outcome { continue }
                return outcome
            }
            return .nothing
        }
    }

    // MARK: - The way of a registration

    private func work() async throws -> JobEnd {
        await recorder.record(
            [
                .environment(
                    EnvironmentReport(
                        program: "SSH",
                        sandbox: "",
                        workspace: "",
                        attempt: context.job.attempt,
                        worker: context.job.workerID ?? ""
                    )
                )
            ],
            text: "Registration, attempt \(context.job.attempt)\n"
        )
        await recorder.enter(.outputs, RegistrationProgress.words(for: .outputs))
        let (deployment, settings, announced) = try await subject()
        let outputs = try await DeploymentOutputs(database: services.database, keyring: services.keyring).read(
            project: deployment.project,
            organization: deployment.organizationName,
            revealing: true
        )
        var found = try OutputReader.read(outputs)
        let keys = try await keys(found, deployment)
        for index in found.privateKeys.indices { found.privateKeys[index].wipe() }
        let pairs = try await admit(found.servers, deployment)
        await recorder.record([], text: "\(Self.count(pairs.count)) in the outputs of \(deployment.project)\n")
        let results = try await enroll(pairs, keys, settings, announced)
        return try await RegistrationEnds(attempt: self).ended(results)
    }

    static func count(_ number: Int) -> String { number == 1 ? "1 server" : "\(number) servers" }

    /// What it works on, what is asked of its servers, and the places of those that an earlier attempt has announced as ready.
    private func subject() async throws -> (Deployment, RegistrationSettings, Set<String>) {
        let found = try await services.database.read { [services, order, context] transaction in
            try services.deployments.deployment(order.deployment, in: transaction).map {
                let reports = try services.events.events(of: context.job.id, named: [.server], in: transaction)
                return ($0, try services.settings.settings(of: $0.organization, in: transaction), Self.announced(reports))
            }
        }
        guard let found else { throw RegistrationSuperseded() }
        return found
    }

    /// A server's report of being ready is written with its announcement, in one transaction.
    private static func announced(_ reports: [StoredEvent]) -> Set<String> {
        Set(
            reports.compactMap { stored in
                guard case .server(let report) = stored.event, report.phase == .ready else { return nil }
                return report.address
            }
        )
    }

    private func keys(_ found: FoundServers, _ deployment: Deployment) async throws -> ServerKeys {
        let name = order.sshKey ?? OrganizationKey.standard
        // A key of the keyring that was added since this worker began; what can't be opened is said below.
        try? await services.keyring.refresh()
        let key = try await services.keys.require(name, of: deployment.organization, by: Author(order.requestedBy))
        return ServerKeys(
            organizationKey: key,
            privateKey: try await services.keys.privateKey(key),
            // Terraform may make keys for other things, too, of kinds that SSH doesn't take.
            initial: found.privateKeys.compactMap { try? SSHPrivateKey($0) }
        )
    }

    /// Gives each machine its row; what the deployment has no more goes.
    private func admit(_ found: [FoundServer], _ deployment: Deployment) async throws -> [(server: Server, hostKeys: [SSHHostKey])] {
        let (services, now, author) = (services, services.now(), order.requestedBy)
        let admitted = ResultBox<[Server]>([])
        try await recorder.write { transaction in
            let present = try services.servers.servers(of: deployment.id, in: transaction)
            let gone = present.filter { server in
                !found.contains { $0.place == server.place || $0.instanceID != nil && $0.instanceID == server.instanceID }
            }
            let reason = "the deployment has it no more"
            try services.servers.remove(gone, by: Author(author), because: reason, at: now, in: transaction)
            var servers: [Server] = []
            for (index, machine) in found.enumerated() {
                let fallback = found.count == 1 ? deployment.project : "\(deployment.project)-\(index + 1)"
                servers.append(try services.servers.admit(machine, of: deployment, fallback: fallback, at: now, in: transaction))
            }
            let displaced = try services.servers.servers(of: deployment.id, in: transaction).filter { server in
                !servers.contains { $0.id == server.id }
            }
            try services.servers.remove(displaced, by: Author(author), because: reason, at: now, in: transaction)
            admitted.set(servers)
            return []
        }
        return zip(admitted.value, found).map { server, machine in
            // What Terraform says about the machine's keys goes before what was seen of it.
            let texts = machine.hostKeys.isEmpty ? server.hostKeys : machine.hostKeys
            return (server, texts.compactMap { try? SSHHostKey(text: $0) })
        }
    }

    private func enroll(
        _ pairs: [(server: Server, hostKeys: [SSHHostKey])],
        _ keys: ServerKeys,
        _ settings: RegistrationSettings,
        _ announced: Set<String>
    ) async throws -> [Enrolled] {
        try await withThrowingTaskGroup(of: (Int, Enrolled).self) { group in
            var (rest, running, results) = (Array(pairs.enumerated())[...], 0, [Int: Enrolled]())
            while !rest.isEmpty || running > 0 {
                while running < Self.atOnce, let (index, pair) = rest.popFirst() {
                    running += 1
                    group.addTask {
                        var enrollment = ServerEnrollment(
                            pair.server,
                            hostKeys: pair.hostKeys,
                            keys: keys,
                            settings: settings,
                            services: services,
                            recorder: recorder,
                            author: order.requestedBy,
                            isAnnounced: announced.contains(pair.server.place)
                        )
                        return (index, Enrolled(server: pair.server, failure: try await enrollment.run()))
                    }
                }
                guard let (index, result) = try await group.next() else { break }
                running -= 1
                results[index] = result
            }
            return results.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// How many servers are worked on at the same time; each has a thread for its connection.
    private static let atOnce = 32
}
