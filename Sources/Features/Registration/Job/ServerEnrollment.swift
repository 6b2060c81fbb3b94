internal import Domain
internal import Events
internal import FoundationEssentials
internal import Jobs
internal import Log
internal import Remote
internal import Sealing
internal import Storage

/// The way of one server through a registration: SSH, cloud-init, key, Docker, health, row.
///
/// Every step may be done again.
struct ServerEnrollment: Sendable {
    let server: Server
    let settings: RegistrationSettings
    let services: RegistrationServices
    let recorder: RegistrationRecorder
    private let author: String
    /// An earlier attempt of the job has made it ready, and told everybody.
    private let isAnnounced: Bool
    private let began: Date
    var link: ServerLink
    private var losses = 0

    var limits: RegistrationLimits { services.limits }

    init(
        _ server: Server,
        hostKeys: [SSHHostKey],
        keys: ServerKeys,
        settings: RegistrationSettings,
        services: RegistrationServices,
        recorder: RegistrationRecorder,
        author: String,
        isAnnounced: Bool
    ) {
        self.server = server
        self.settings = settings
        self.services = services
        self.recorder = recorder
        self.author = author
        self.isAnnounced = isAnnounced
        began = services.now()
        link = ServerLink(server, hostKeys: hostKeys, keys: keys, options: services.limits.connection)
    }

    /// Does all of it.
    ///
    /// - Returns: Why the server is not ready; nil when it is.
    /// - Throws: `CancellationError`; what the database throws.
    mutating func run() async throws -> EnrollmentFailure? {
        do {
            try await steps()
            await link.close()
            return nil
        } catch let kept as KeptFailure {
            await link.close()
            return kept.failure
        } catch let failure as EnrollmentFailure {
            await link.close()
            try Task.checkCancellation()
            try await keep(failure)
            return failure
        } catch {
            await link.close()
            throw error
        }
    }

    private mutating func steps() async throws {
        try await connect()
        try await awaitCloudInit()
        try await installKey()
        let docker = try await verifyDocker()
        try await checkHealth(docker)
    }

    // MARK: - SSH

    private mutating func connect() async throws {
        await recorder.move(server, to: .connect, "Connecting to \(server.place) as \(server.user)")
        try await reach()
        guard let shown = link.shownKey else { return }
        let (server, now) = (server, services.now())
        guard !server.hostKeys.contains(shown.text) else { return }
        let pins = link.hostKeys.map(\.text).joined(separator: "\n")
        // Before anything is trusted to the connection: a worker that dies leaves the pin behind.
        try await recorder.write(text: "\(server.name): the host key is \(shown.fingerprint)\n") { transaction in
            try ServerStore().pin(pins, on: server.id, at: now, in: transaction)
            return []
        }
    }

    /// Waits until the server lets us in, with longer and longer pauses.
    mutating func reach() async throws {
        let end = ContinuousClock.now + limits.sshWait
        var (pause, lastWords): (Duration, String?) = (limits.firstPause, nil)
        var refusedSince: ContinuousClock.Instant?
        while true {
            do {
                try await link.open()
                return
            } catch {
                try Task.checkCancellation()
                let isRefused = if case .authenticationRefused = error.reason { true } else { false }
                if isRefused {
                    let since = refusedSince ?? .now
                    refusedSince = since
                    guard ContinuousClock.now + pause - since <= limits.loginWait else {
                        throw EnrollmentFailure(.connect, error, doing: "logging in")
                    }
                } else {
                    guard error.isTransient else { throw EnrollmentFailure(.connect, error, doing: "connecting") }
                    guard ContinuousClock.now + pause <= end else { throw EnrollmentFailure(.connect, error, doing: "connecting") }
                }
                let words = isRefused ? "Waiting to be let in as \(server.user)" : "Waiting for SSH: \(error.description)"
                if words != lastWords { await recorder.move(server, to: .connect, words) }
                lastWords = words
                try await Task.sleep(for: pause * Double.random(in: 0.75...1))
                pause = min(pause * 2, limits.longestPause)
            }
        }
    }

    /// Runs a script; a connection that breaks is made anew, and the script run again.
    mutating func report(
        _ script: RemoteScript,
        _ stage: JobStage,
        doing: String,
        timeout: Duration? = nil
    ) async throws -> RemoteAnswer {
        while true {
            do throws(SSHError) {
                return try await link.run(script, timeout: timeout ?? limits.script)
            } catch {
                try Task.checkCancellation()
                guard error.reason == .connectionLost, losses < limits.reconnections else {
                    throw EnrollmentFailure(stage, error, doing: doing)
                }
                losses += 1
                await recorder.move(server, to: stage, "The connection broke while \(doing); connecting again")
                try await reach()
            }
        }
    }

    // MARK: - Key

    private mutating func installKey() async throws {
        let key = link.keys.organizationKey
        await recorder.move(server, to: .keys, "Installing the key '\(key.name)'")
        let answer = try await report(.installKey(key.publicKey), .keys, doing: "installing the key")
        guard answer.report["key"] != nil, answer.report["key_error"] == nil else {
            let why = answer.report["key_error"] ?? "it said \(answer.lastWords)"
            let isFull = why.contains("No space left")
            throw EnrollmentFailure(
                .keys,
                [
                    Finding(
                        isFull ? .disk : .key,
                        isFull
                            ? "The disk of \(server.place) is full: the key could not be installed (\(why))."
                            : "The key could not be installed on \(server.place): \(why).",
                        isFull
                            ? "Make room there, or give the machine a larger disk."
                            : "Make sure that \(server.user) may write to ~/.ssh/authorized_keys there."
                    )
                ]
            )
        }
        if link.isForeign {
            // Proves that the key opens the server before anybody relies on it.
            await link.close()
            do throws(SSHError) {
                try await link.open(onlyOrganizationKey: true)
            } catch {
                try Task.checkCancellation()
                throw EnrollmentFailure(.keys, error, doing: "logging in with the installed key")
            }
        }
        let (server, now) = (server, services.now())
        try await recorder.write { transaction in
            try ServerStore().setKey(key, on: server.id, at: now, in: transaction)
            return []
        }
    }

    // MARK: - Health

    private mutating func checkHealth(_ docker: DockerState) async throws {
        await recorder.move(server, to: .health, "Checking disk, memory, network and clock")
        let before = services.now()
        let answer = try await report(.health(target: settings.target(provider: server.provider)), .health, doing: "checking its health")
        let check = ServerCheck.judged(answer.report, docker: docker, server, settings, from: before, to: services.now())
        guard let check else {
            throw EnrollmentFailure(
                .health,
                [
                    Finding(
                        .ssh,
                        "The health of \(server.place) could not be checked: it said \(answer.lastWords).",
                        "Log in as \(server.user) and see whether a shell works."
                    )
                ],
                isTransient: true
            )
        }
        await recorder.move(server, to: .register, "Storing what was found")
        let findings = check.report.findings
        let (server, settings, services, now) = (server, settings, services, services.now())
        let seconds = now.timeIntervalSince(began)
        let failure = findings.isEmpty ? nil : EnrollmentFailure(.health, findings)
        let stage: JobStage = findings.contains { $0.check == .docker } ? .docker : .health
        let event = ServerReport(
            server: server.name,
            address: server.place,
            phase: findings.isEmpty ? .ready : .failed,
            stage: findings.isEmpty ? .register : stage,
            message: failure?.text ?? "Ready, with Docker \(check.docker ?? "")",
            elapsedSeconds: seconds
        )
        let text = "\(server.name): \(failure?.text ?? "ready")\n"
        let (author, isAnnounced) = (author, isAnnounced)
        try await recorder.write([.server(event)], text: text) { transaction in
            try check.keep(status: findings.isEmpty ? .ready : .error, error: failure?.text, server, settings, at: now, in: transaction)
            guard findings.isEmpty, !isAnnounced else { return [] }
            return try check.announceReady(server.id, by: author, services, at: now, in: transaction)
        }
        if let failure { throw KeptFailure(failure: failure) }
    }

    /// Its row says it already.
    private struct KeptFailure: Error { let failure: EnrollmentFailure }

    /// The row says what is wrong.
    private func keep(_ failure: EnrollmentFailure) async throws {
        let (server, settings, services, now) = (server, settings, services, services.now())
        let report = HealthReport(findings: failure.findings, at: now)
        let event = ServerReport(
            server: server.name,
            address: server.place,
            phase: .failed,
            stage: failure.stage,
            message: failure.text,
            elapsedSeconds: now.timeIntervalSince(began)
        )
        try await recorder.write([.server(event)], text: "\(server.name): \(failure.text)\n") { transaction in
            try services.servers.settle(
                server.id,
                status: .error,
                error: failure.text,
                report: report,
                docker: nil,
                facts: nil,
                nextCheck: ServerCheck.nextCheck(after: now, settings),
                at: now,
                in: transaction
            )
            return []
        }
    }
}
