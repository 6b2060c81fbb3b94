package import Domain
package import FoundationEssentials
package import Remote
internal import Storage

/// A machine that registration has made ready, or tries to; a row of `servers`.
package struct Server: Sendable, Hashable {
    package let id: ServerID
    package let organization: OrganizationID
    package let organizationName: String
    package let deployment: DeploymentID
    package let project: String
    package let name: String
    package let description: String
    package let address: String
    package let port: Int
    package let user: String
    package let privateIP: String?
    package let hostname: String?
    package let instanceID: String?
    package let provider: String?
    package let region: String?
    /// The name of the organization's key that it has; nil before it was installed.
    package let keyName: String?
    /// A line each, `type base64`; empty before the first contact.
    package let hostKeys: [String]
    package let status: ServerStatus
    /// What is wrong, and what to do.
    package let errorMessage: String?
    package let dockerVersion: String?
    /// ``HealthReport`` as JSON.
    package let health: String?
    package let operatingSystem: String?
    package let architecture: String?
    package let kernel: String?
    package let cpus: Int?
    package let memoryBytes: Int64?
    package let diskBytes: Int64?
    /// Checks in a row that got no answer.
    package let missedChecks: Int
    package let lastCheckedAt: Date?
    /// When all checks had passed for the first time.
    package let registeredAt: Date?
    package let createdAt: Date
    package let updatedAt: Date

    /// `203.0.113.7`, or `203.0.113.7:2222` on another port than 22.
    package var place: String { ServerPlace.text(address, port) }
    /// Where it listens.
    package var sshAddress: SSHAddress { SSHAddress(host: address, port: port) }

    /// Select this, from `servers s` with the joins of ``joins``.
    static let columns: SQL = """
        s.id, s.organization_id, o.name AS organization_name, s.terraform_deployment_id, d.project, s.name, s.description, s.ip_address, s.port,
        s."user", s.private_ip, s.hostname, s.instance_id, s.provider, s.region, k.name AS key_name, s.host_key, s.status, s.error_message,
        s.docker_version, s.health_check_status, s.operating_system, s.architecture, s.kernel, s.cpus, s.memory_bytes, s.disk_bytes,
        s.missed_checks, s.last_checked_at, s.registered_at, s.created_at, s.updated_at
        """
    static let joins: SQL = """
        JOIN organizations o ON o.id = s.organization_id JOIN terraform_deployments d ON d.id = s.terraform_deployment_id
        LEFT JOIN ssh_keys k ON k.id = s.ssh_key_id
        """

    init(_ row: Row) throws {
        id = try row.value("id")
        organization = try row.value("organization_id")
        organizationName = try row.value("organization_name")
        deployment = try row.value("terraform_deployment_id")
        project = try row.value("project")
        name = try row.value("name")
        description = try row.value("description")
        address = try row.value("ip_address")
        port = try row.value("port")
        user = try row.value("user")
        privateIP = try row.value("private_ip")
        hostname = try row.value("hostname")
        instanceID = try row.value("instance_id")
        provider = try row.value("provider")
        region = try row.value("region")
        keyName = try row.value("key_name")
        hostKeys = try row.value("host_key", as: String?.self)?.split(separator: "\n").map(String.init) ?? []
        status = try row.value("status")
        errorMessage = try row.value("error_message")
        dockerVersion = try row.value("docker_version")
        health = try row.value("health_check_status")
        operatingSystem = try row.value("operating_system")
        architecture = try row.value("architecture")
        kernel = try row.value("kernel")
        cpus = try row.value("cpus")
        memoryBytes = try row.value("memory_bytes")
        diskBytes = try row.value("disk_bytes")
        missedChecks = try row.value("missed_checks")
        lastCheckedAt = try row.value("last_checked_at")
        registeredAt = try row.value("registered_at")
        createdAt = try row.value("created_at")
        updatedAt = try row.value("updated_at")
    }
}
