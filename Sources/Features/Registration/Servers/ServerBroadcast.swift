internal import Domain
internal import Events
internal import FoundationEssentials

/// What an organization hears of its servers: the events of requirement 002, with their names and fields.
enum ServerBroadcast {
    /// What all of them are made of; what is nil is left out.
    private struct Payload: Encodable {
        var server: Int64?
        var name: String?
        var address: String?
        let status: String
        var before: String?
        let deployment: Int64
        var dockerVersion: String?
        var error: String?
        let timestamp: String

        enum CodingKeys: String, CodingKey {
            case server = "server_id"
            case name = "server_name"
            case address = "ip_address"
            case status
            case before = "previous_status"
            case deployment = "deployment_id"
            case dockerVersion = "docker_version"
            case error, timestamp
        }

        init(_ status: String, of deployment: DeploymentID, at now: Date) {
            self.status = status
            self.deployment = deployment.rawValue
            timestamp = now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        }

        init(_ server: Server, _ status: String, at now: Date) {
            self.init(status, of: server.deployment, at: now)
            (self.server, name, address) = (server.id.rawValue, server.name, server.address)
        }
    }

    /// All its checks have passed.
    static func registered(_ server: Server, at now: Date) throws -> NewBroadcast {
        var payload = Payload(server, server.status.rawValue, at: now)
        payload.dockerVersion = server.dockerVersion
        return try broadcast("ServerRegistered", payload, server.organization)
    }

    /// No attempt follows, and at least one server is not ready.
    static func failed(_ error: String, of deployment: DeploymentID, _ organization: OrganizationID, at now: Date) throws -> NewBroadcast {
        var payload = Payload("registration_failed", of: deployment, at: now)
        payload.error = error
        return try broadcast("ServerRegistrationFailed", payload, organization)
    }

    /// A later check found it otherwise.
    static func changed(_ server: Server, from before: ServerStatus, at now: Date) throws -> NewBroadcast {
        var payload = Payload(server, server.status.rawValue, at: now)
        (payload.before, payload.error) = (before.rawValue, server.errorMessage)
        return try broadcast("ServerStatusChanged", payload, server.organization)
    }

    /// It is no longer there, or no longer kept.
    static func removed(_ server: Server, at now: Date) throws -> NewBroadcast {
        var payload = Payload(server, "removed", at: now)
        payload.before = server.status.rawValue
        return try broadcast("ServerRemoved", payload, server.organization)
    }

    // MARK: - Details

    private static func broadcast(_ name: String, _ payload: Payload, _ organization: OrganizationID) throws -> NewBroadcast {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = String(decoding: try encoder.encode(payload), as: UTF8.self)
        return NewBroadcast(.organization(organization, .servers), name: name, data: data)
    }
}
