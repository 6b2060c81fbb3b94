internal import Audit
package import Domain
internal import Events
internal import FoundationEssentials
internal import Log
internal import Remote
internal import Sealing
internal import Storage

/// Looks at a registered server, and keeps what it finds.
package struct HealthChecker: Sendable {
    private let services: RegistrationServices

    package init(_ services: RegistrationServices) { self.services = services }

    private enum Look: Sendable {
        case answered(ServerCheck)
        /// It can't be asked, whatever it is: another try may succeed.
        case missed(String)
        /// It answers, and not as it should: another key, or it doesn't let us in.
        case refused(Finding)
    }

    /// Looks at a server now, for at most the limit of a check.
    ///
    /// - Parameter id: Which; one that is being registered is left alone.
    /// - Returns: The server as it is now; nil when it was removed.
    /// - Throws: ``RegistrationError`` when it can't be looked at; what the database throws.
    package func check(_ id: ServerID) async throws -> Server? {
        let found = try await services.database.read { [services] transaction in
            try services.servers.server(id, in: transaction).map {
                ($0, try services.settings.settings(of: $0.organization, in: transaction))
            }
        }
        guard let (server, settings) = found else { return nil }
        guard server.status != .registering, server.status != .reachable else {
            throw RegistrationError(.conflict, "The server '\(server.name)' is being registered; see `slipway jobs`.")
        }
        guard let keyName = server.keyName else {
            throw RegistrationError(
                .conflict,
                "The server '\(server.name)' was never reached: \(server.errorMessage ?? "it has not been registered yet.") `slipway server register \(server.project)` tries again."
            )
        }
        let key = try await services.keys.require(keyName, of: server.organization, by: Author("slipway"))
        let keys = ServerKeys(organizationKey: key, privateKey: try await services.keys.privateKey(key), initial: [])
        let look = await look(at: server, settings, keys)
        try Task.checkCancellation()
        let now = services.now()
        return try await services.database.write { [self] transaction in
            try keep(look, of: server, settings, at: now, in: transaction)
            return try services.servers.server(server.id, in: transaction)
        }
    }

    // MARK: - Looking

    private func look(at server: Server, _ settings: RegistrationSettings, _ keys: ServerKeys) async -> Look {
        let limit = services.limits.check
        return await withTaskGroup(of: Look?.self) { group in
            group.addTask { await ask(server, settings, keys) }
            group.addTask {
                // Cancelled: the other was faster.
                try? await Task.sleep(for: limit)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? .missed("no answer within \(Int(clamping: limit / .seconds(1))) seconds")
        }
    }

    private func ask(_ server: Server, _ settings: RegistrationSettings, _ keys: ServerKeys) async -> Look {
        // One that was stored can be read.
        let pins = server.hostKeys.compactMap { try? SSHHostKey(text: $0) }
        var link = ServerLink(server, hostKeys: pins, keys: keys, options: services.limits.connection)
        let before = services.now()
        let result: Result<RemoteAnswer, SSHError>
        do throws(SSHError) {
            let script = RemoteScript.docker + RemoteScript.health(target: settings.target(provider: server.provider))
            result = .success(try await link.run(script, timeout: services.limits.check))
        } catch {
            result = .failure(error)
        }
        await link.close()
        switch result {
        case .success(let answer):
            let docker = DockerState(answer.report)
            if let check = ServerCheck.judged(answer.report, docker: docker, server, settings, from: before, to: services.now()) {
                return .answered(check)
            }
            return .missed("it said \(answer.lastWords)")
        case .failure(let error):
            switch error.reason {
            case .hostKeyChanged, .authenticationRefused, .commandRefused:
                let failure = EnrollmentFailure(.connect, error, doing: "checking it")
                return failure.findings.first.map(Look.refused) ?? .missed(error.description)
            default: return .missed(error.description)
            }
        }
    }

    // MARK: - Keeping

    private func keep(
        _ look: Look,
        of old: Server,
        _ settings: RegistrationSettings,
        at now: Date,
        in transaction: Transaction
    ) throws {
        // A registration, or another check, may have been faster.
        _ = try transaction.first("SELECT id FROM servers WHERE id = \(old.id)\(sqlite: "", postgres: " FOR UPDATE")")
        guard let server = try services.servers.server(old.id, in: transaction), server.status != .registering,
            server.status != .reachable
        else { return }
        let event: ServerStatus.Event
        switch look {
        case .answered(let check):
            event = check.report.isHealthy ? .passed : .failed
            try check.keep(
                status: server.status.after(event) ?? server.status,
                error: check.error,
                server,
                settings,
                at: now,
                in: transaction
            )
            if event == .passed, server.registeredAt == nil {
                try finishRegistration(of: server, check, at: now, in: transaction)
                return
            }
        case .refused(let finding):
            event = .failed
            try services.servers.settle(
                server.id,
                status: .error,
                error: finding.text,
                report: HealthReport(findings: [finding], at: now),
                docker: nil,
                facts: nil,
                nextCheck: ServerCheck.nextCheck(after: now, settings),
                at: now,
                in: transaction
            )
        case .missed(let why):
            event = .missedTwice
            let status = server.missedChecks >= 1 ? server.status.after(event) ?? server.status : server.status
            let message = "The server does not answer: \(why)"
            let next = ServerCheck.nextCheck(after: now, settings)
            try transaction.execute(
                """
                UPDATE servers
                SET status = \(status), missed_checks = missed_checks + 1, last_checked_at = \(now), next_check_at = \(next),
                    error_message = CASE WHEN \(status) = 'unreachable' THEN \(message) ELSE error_message END, updated_at = \(now)
                WHERE id = \(server.id)
                """
            )
        }
        try announce(server, at: now, in: transaction)
    }

    /// Its status is another now: that is told.
    private func announce(_ before: Server, at now: Date, in transaction: Transaction) throws {
        let server = try services.servers.required(before.id, in: transaction)
        guard server.status != before.status else { return }
        try AuditLog().append(
            "server.\(server.status.rawValue)",
            of: "server:\(server.id)",
            by: "slipway",
            organization: server.organization,
            details: [
                "name": server.name, "address": server.place, "before": before.status.rawValue, "error": server.errorMessage ?? "",
            ],
            at: now,
            in: transaction
        )
        try BroadcastStore().append([try ServerBroadcast.changed(server, from: before.status, at: now)], at: now, in: transaction)
    }

    /// What a registration found wrong is right now: the server is registered, and perhaps its deployment.
    private func finishRegistration(of server: Server, _ check: ServerCheck, at now: Date, in transaction: Transaction) throws {
        let news = try check.announceReady(server.id, by: "slipway", services, at: now, in: transaction)
        try transaction.execute(
            """
            UPDATE terraform_deployments
            SET registration_status = \(RegistrationStatus.completed), registration_error = NULL, registration_completed_at = \(now)
            WHERE id = \(server.deployment) AND registration_status = \(RegistrationStatus.failed)
                AND NOT EXISTS (SELECT 1 FROM servers WHERE terraform_deployment_id = \(server.deployment) AND status <> 'ready')
            """
        )
        try BroadcastStore().append(news, at: now, in: transaction)
    }
}
