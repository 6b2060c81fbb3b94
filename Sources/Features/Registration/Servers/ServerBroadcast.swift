internal import Domain
internal import Events
internal import FoundationEssentials

/// What an organization hears of its servers: the events of requirement 002, with their names and fields.
enum ServerBroadcast {
    private struct Registered: Encodable {
        let server: Int64
        let name: String
        let address: String
        let status: String
        let deployment: Int64
        let dockerVersion: String?
        let timestamp: String

        enum CodingKeys: String, CodingKey {
            case server = "server_id"
            case name = "server_name"
            case address = "ip_address"
            case status
            case deployment = "deployment_id"
            case dockerVersion = "docker_version"
            case timestamp
        }
    }

    private struct Failed: Encodable {
        let deployment: Int64
        let status = "registration_failed"
        let error: String
        let timestamp: String

        enum CodingKeys: String, CodingKey {
            case deployment = "deployment_id"
            case status, error, timestamp
        }
    }

    private struct Changed: Encodable {
        let server: Int64
        let name: String
        let address: String
        let status: String
        let before: String
        let deployment: Int64
        let error: String?
        let timestamp: String

        enum CodingKeys: String, CodingKey {
            case server = "server_id"
            case name = "server_name"
            case address = "ip_address"
            case status
            case before = "previous_status"
            case deployment = "deployment_id"
            case error, timestamp
        }
    }

    /// All its checks have passed.
    static func registered(_ server: Server, at now: Date) throws -> NewBroadcast {
        try broadcast(
            "ServerRegistered",
            Registered(
                server: server.id.rawValue,
                name: server.name,
                address: server.address,
                status: server.status.rawValue,
                deployment: server.deployment.rawValue,
                dockerVersion: server.dockerVersion,
                timestamp: text(now)
            ),
            server.organization
        )
    }

    /// No attempt follows, and at least one server is not ready.
    static func failed(_ error: String, of deployment: DeploymentID, _ organization: OrganizationID, at now: Date) throws -> NewBroadcast {
        try broadcast(
            "ServerRegistrationFailed",
            Failed(deployment: deployment.rawValue, error: error, timestamp: text(now)),
            organization
        )
    }

    /// A later check found it otherwise.
    static func changed(_ server: Server, from before: ServerStatus, at now: Date) throws -> NewBroadcast {
        try broadcast("ServerStatusChanged", changed(server, server.status.rawValue, before, now), server.organization)
    }

    /// It is no longer there, or no longer kept.
    static func removed(_ server: Server, at now: Date) throws -> NewBroadcast {
        try broadcast("ServerRemoved", changed(server, "removed", server.status, now), server.organization)
    }

    // MARK: - Details

    private static func changed(_ server: Server, _ status: String, _ before: ServerStatus, _ now: Date) -> Changed {
        Changed(
            server: server.id.rawValue,
            name: server.name,
            address: server.address,
            status: status,
            before: before.rawValue,
            deployment: server.deployment.rawValue,
            error: status == "removed" ? nil : server.errorMessage,
            timestamp: text(now)
        )
    }

    private static func text(_ now: Date) -> String { now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }

    private static func broadcast(_ name: String, _ payload: some Encodable, _ organization: OrganizationID) throws -> NewBroadcast {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = String(decoding: try encoder.encode(payload), as: UTF8.self)
        return NewBroadcast(.organization(organization, .servers), name: name, data: data)
    }
}
