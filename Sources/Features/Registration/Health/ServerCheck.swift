internal import Audit
internal import Domain
internal import Events
internal import FoundationEssentials
internal import Storage

/// What one look at a server came to, and how it is kept.
struct ServerCheck: Sendable {
    let report: HealthReport
    let facts: MachineFacts
    /// Docker's version, when it answers.
    let docker: String?

    /// Judges what the scripts said.
    ///
    /// - Parameters:
    ///   - health: What ``RemoteScript/health(target:)`` said.
    ///   - docker: What ``RemoteScript/docker`` said.
    ///   - server: Whose.
    ///   - settings: What is asked of it.
    ///   - before: When it was asked.
    ///   - after: When the answer was there; the machine's clock is compared with the middle.
    /// - Returns: Nil when the script didn't come to its end.
    static func judged(
        _ health: RemoteReport,
        docker: DockerState,
        _ server: Server,
        _ settings: RegistrationSettings,
        from before: Date,
        to after: Date
    ) -> ServerCheck? {
        guard let facts = MachineFacts(health) else { return nil }
        let middle = (before.timeIntervalSince1970 + after.timeIntervalSince1970) / 2
        let report = HealthReport(
            facts,
            docker: docker.finding(minimum: settings.minimumDocker, place: server.place),
            settings: settings,
            skew: facts.time.map { $0 - middle },
            place: server.place,
            at: after
        )
        return ServerCheck(report: report, facts: facts, docker: docker.version)
    }

    /// All findings in one text; nil when there are none.
    var error: String? { report.findings.isEmpty ? nil : report.findings.map(\.text).joined(separator: " ") }

    // MARK: - Keeping

    /// Writes the row, and the figures that were measured.
    func keep(
        status: ServerStatus,
        error: String?,
        _ server: Server,
        _ settings: RegistrationSettings,
        at now: Date,
        in transaction: Transaction
    ) throws {
        try ServerStore().settle(
            server.id,
            status: status,
            error: error,
            report: report,
            docker: docker,
            facts: facts,
            nextCheck: Self.nextCheck(after: now, settings),
            at: now,
            in: transaction
        )
        try MetricStore().add(facts, of: server.id, at: now, in: transaction)
    }

    /// The line in the audit and the event of a server that has become ready.
    func announceReady(
        _ id: ServerID,
        by person: String,
        _ services: RegistrationServices,
        at now: Date,
        in transaction: Transaction
    ) throws -> [NewBroadcast] {
        let server = try services.servers.required(id, in: transaction)
        try AuditLog().append(
            "server.registered",
            of: "server:\(id)",
            by: person,
            organization: server.organization,
            details: [
                "name": server.name, "address": server.place, "deployment": "\(server.deployment)", "docker": server.dockerVersion ?? "",
                "instance": server.instanceID ?? "",
            ],
            at: now,
            in: transaction
        )
        return [try ServerBroadcast.registered(server, at: now)]
    }

    /// When a server is looked at next: servers that came together don't stay together.
    static func nextCheck(after now: Date, _ settings: RegistrationSettings) -> Date {
        now.addingTimeInterval(Double(settings.checkIntervalSeconds) * Double.random(in: 0.85...1.15))
    }
}
