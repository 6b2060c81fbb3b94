package import Audit
package import Domain
internal import Events
internal import FoundationEssentials
package import Jobs
package import Provisioning
internal import Storage

/// What people and programs ask of registration: registering, removing, renaming; and what follows runs of Terraform.
package struct Registrations: Sendable {
    private let services: RegistrationServices

    package init(_ services: RegistrationServices) { self.services = services }

    // MARK: - What follows runs

    /// For ``ProvisioningServices``: a completed deploy queues a registration, a destroyed deployment has no servers, and a configuration
    /// that declares `slipway_ssh_public_key` gets the organization's key.
    package var sequel: RunSequel {
        let services = services
        return RunSequel(
            settle: { ended, now, transaction in try Self.settle(ended, services, at: now, in: transaction) },
            environment: { organization, declared in
                guard declared?.contains(Self.keyVariable) ?? true else { return [:] }
                let key = try await services.keys.require(OrganizationKey.standard, of: organization, by: Author("slipway"))
                return ["TF_VAR_\(Self.keyVariable)": key.publicKey]
            }
        )
    }

    /// The Terraform variable that is the organization's public key, where a configuration declares it.
    package static let keyVariable = "slipway_ssh_public_key"

    private static func settle(
        _ ended: RunSequel.Ended,
        _ services: RegistrationServices,
        at now: Date,
        in transaction: Transaction
    ) throws {
        let id = ended.deployment.id
        if ended.isGone {
            try services.queue.forget(id, by: "job \(ended.job)", in: transaction)
            try services.servers.remove(
                try services.servers.servers(of: id, in: transaction),
                by: Author("job \(ended.job)"),
                because: "the deployment was destroyed",
                at: now,
                in: transaction
            )
            return
        }
        guard let deployment = try services.deployments.deployment(id, in: transaction), deployment.autoRegistersServer else { return }
        _ = try services.queue.enqueue(deployment, by: "job \(ended.job)", at: now, in: transaction)
    }

    // MARK: - Registering

    /// Queues the registration of a deployment's servers; one that is under way already is given instead.
    ///
    /// - Throws: ``RegistrationError`` when the deployment is not completed, or there is no such key.
    package func register(_ deployment: Deployment, sshKey: String?, by author: Author) async throws -> JobID {
        if let sshKey { _ = try await services.keys.require(sshKey, of: deployment.organization, by: author) }
        let (services, now) = (services, services.now())
        return try await services.database.write { transaction in
            guard let present = try services.deployments.deployment(deployment.id, in: transaction) else {
                throw RegistrationError(.notFound, "The deployment was removed.")
            }
            guard present.status == .completed else {
                throw RegistrationError(
                    .conflict,
                    "Deployment must be completed before registration (current status: \(present.status.rawValue))."
                )
            }
            if let job = try services.queue.unfinished(of: deployment.id, in: transaction) {
                let order = try RegistrationOrder.decoded(from: job.payload)
                guard (order.sshKey ?? OrganizationKey.standard) == (sshKey ?? OrganizationKey.standard) else {
                    throw RegistrationError(
                        .conflict,
                        "Job \(job.id) registers these servers with the key '\(order.sshKey ?? OrganizationKey.standard)'; wait for it, or `slipway cancel \(job.id)`."
                    )
                }
                return job.id
            }
            let job = try services.queue.enqueue(present, sshKey: sshKey, by: author.name, at: now, in: transaction)
            try AuditLog().append(
                "registration.requested",
                of: "deployment:\(deployment.id)",
                by: author,
                organization: deployment.organization,
                details: ["job": job.rawValue, "key": sshKey ?? ""],
                at: now,
                in: transaction
            )
            return job
        }
    }

    /// Ends a registration: one that waits at once, one that runs in good order.
    ///
    /// - Returns: What became of it.
    package func cancel(_ job: JobRecord, force: Bool, by person: String) async throws -> CancelResult {
        let (services, now) = (services, services.now())
        return try await services.database.write { transaction in
            let result = try services.jobs.cancel(job.id, force: force, by: person, in: transaction)
            guard case .ended = result else { return result }
            let order = try RegistrationOrder.decoded(from: job.payload)
            let message = "\(person) cancelled it before it ran."
            if try services.queue.move(order.deployment, job: job.id, to: .cancelled, at: now, in: transaction) {
                try RegistrationEnds.leave(order.deployment, message, services, at: now, in: transaction)
            }
            try services.journal.append(
                [.finished(.init(status: .cancelled, stage: .cancelled, message: message))],
                text: "\(message)\n",
                to: job,
                of: order.deployment,
                after: try services.events.lastOrdinal(of: job.id, in: transaction),
                at: now,
                in: transaction
            )
            return result
        }
    }

    // MARK: - Servers

    /// Gives a server another name.
    ///
    /// - Throws: ``RegistrationError`` when the name is none or taken.
    package func rename(_ server: Server, to name: String, by author: Author) async throws -> Server {
        guard ServerName.isValid(name) else {
            throw RegistrationError(
                .invalid,
                "'\(name.prefix(80))' is no name of a server; use 1 to 100 letters, digits, dots, dashes and underscores, and not only digits."
            )
        }
        let (services, now) = (services, services.now())
        return try await services.database.write { transaction in
            if let other = try services.servers.server(named: name, of: server.organization, in: transaction), other.id != server.id {
                throw RegistrationError(.conflict, "There is a server '\(name)' already; use another name.")
            }
            try transaction.execute("UPDATE servers SET name = \(name), updated_at = \(now) WHERE id = \(server.id)")
            try AuditLog().append(
                "server.renamed",
                of: "server:\(server.id)",
                by: author,
                organization: server.organization,
                details: ["from": server.name, "to": name],
                at: now,
                in: transaction
            )
            return try services.servers.required(server.id, in: transaction)
        }
    }

    /// Keeps a server no longer; the machine itself stays as it is.
    ///
    /// - Throws: ``RegistrationError`` while it is being registered.
    package func remove(_ server: Server, by author: Author) async throws {
        let (services, now) = (services, services.now())
        try await services.database.write { transaction in
            guard let present = try services.servers.server(server.id, in: transaction) else { return }
            if let job = try services.queue.unfinished(of: present.deployment, in: transaction) {
                throw RegistrationError(
                    .conflict,
                    "Job \(job.id) is registering the server '\(present.name)'; wait for it, or `slipway cancel \(job.id)`."
                )
            }
            try services.servers.remove([present], by: author, because: "asked for", at: now, in: transaction)
        }
    }

    /// Looks at a server now.
    ///
    /// - Throws: ``RegistrationError`` when it can't be looked at.
    package func check(_ server: Server) async throws -> Server {
        guard let checked = try await HealthChecker(services).check(server.id) else {
            throw RegistrationError(.notFound, "The server '\(server.name)' was removed.")
        }
        return checked
    }

    /// The deployment that a registration's job works on; nil for another kind of job.
    package static func deployment(of job: JobRecord) -> DeploymentID? {
        guard job.kind == RegistrationQueue.kind else { return nil }
        // Shown without a project then.
        return try? RegistrationOrder.decoded(from: job.payload).deployment
    }
}
