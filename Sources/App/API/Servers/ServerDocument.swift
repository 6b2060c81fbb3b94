internal import Domain
package import FoundationEssentials
package import Registration
internal import Sealing

/// A server as every JSON of the program shows it.
package struct ServerDocument: Codable, Sendable {
    /// Something that is not as it must be.
    package struct Problem: Codable, Sendable {
        package let check: String
        package let message: String
        package let advice: String
    }

    /// What the last check came to.
    package struct Health: Codable, Sendable {
        package let status: String
        package let dockerOk: Bool
        package let diskOk: Bool
        package let memoryOk: Bool
        package let networkOk: Bool
        package let clockOk: Bool
        package let diskAvailableGigabytes: Double?
        package let memoryAvailableMegabytes: Int?
        package let clockSkewSeconds: Double?
        package let findings: [Problem]

        init(_ report: HealthReport) {
            status = report.overallStatus
            (dockerOk, diskOk, memoryOk) = (report.dockerOK, report.diskSpaceOK, report.memoryOK)
            (networkOk, clockOk) = (report.networkOK, report.clockOK)
            diskAvailableGigabytes = report.diskAvailableGigabytes
            memoryAvailableMegabytes = report.memoryAvailableMegabytes
            clockSkewSeconds = report.clockSkewSeconds
            findings = report.findings.map { Problem(check: $0.check.rawValue, message: $0.message, advice: $0.advice) }
        }
    }

    package let server: Int64
    package let name: String
    package let organization: String
    package let project: String
    package let deployment: Int64
    package let status: String
    package let ipAddress: String
    package let port: Int
    package let user: String
    package let privateIp: String?
    package let hostname: String?
    package let instanceId: String?
    package let provider: String?
    package let region: String?
    package let sshKey: String?
    /// `ssh-ed25519 AAAA…`, one for each.
    package let hostKeys: [String]
    package let errorMessage: String?
    package let dockerVersion: String?
    package let health: Health?
    package let operatingSystem: String?
    package let architecture: String?
    package let kernel: String?
    package let cpus: Int?
    package let memoryBytes: Int64?
    package let diskBytes: Int64?
    package let lastCheckedAt: Date?
    package let registeredAt: Date?
    package let createdAt: Date
    package let updatedAt: Date

    package init(_ server: Server) {
        self.server = server.id.rawValue
        name = server.name
        organization = server.organizationName
        project = server.project
        deployment = server.deployment.rawValue
        status = server.status.rawValue
        ipAddress = server.address
        port = server.port
        user = server.user
        privateIp = server.privateIP
        hostname = server.hostname
        instanceId = server.instanceID
        provider = server.provider
        region = server.region
        sshKey = server.keyName
        hostKeys = server.hostKeys
        errorMessage = server.errorMessage
        dockerVersion = server.dockerVersion
        health = server.health.flatMap(HealthReport.decoded).map(Health.init)
        operatingSystem = server.operatingSystem
        architecture = server.architecture
        kernel = server.kernel
        cpus = server.cpus
        memoryBytes = server.memoryBytes
        diskBytes = server.diskBytes
        lastCheckedAt = server.lastCheckedAt
        registeredAt = server.registeredAt
        createdAt = server.createdAt
        updatedAt = server.updatedAt
    }

    /// `203.0.113.7`, or `203.0.113.7:2222` on another port than 22.
    package var place: String { ServerPlace.text(ipAddress, port) }
}

extension ServerDocument {
    static let schema = NamedSchema(
        "Server",
        .object([
            .init("server", .integer, "Its number"),
            .init("name", .string(), "Its name"),
            .init("organization", .string(), "Whose"),
            .init("project", .string(), "The project whose deployment made it"),
            .init("deployment", .integer, "The deployment's number"),
            .init("status", .choice(ServerStatus.allCases.map(\.rawValue)), "Where it stands"),
            .init("ipAddress", .string(), "Where it is reached: an address or a host's name"),
            .init("port", .integer, "Of its SSH server"),
            .init("user", .string(), "Who logs in"),
            .optional("privateIp", .string(), "Within its network"),
            .optional("hostname", .string(), "What it calls itself"),
            .optional("instanceId", .string(), "What its cloud calls it"),
            .optional("provider", .string(), "Its cloud"),
            .optional("region", .string(), "Where in it"),
            .optional("sshKey", .string(), "The organization's key that opens it; absent before it was installed"),
            .init("hostKeys", .list(.string()), "The keys that it must have; none before the first contact"),
            .optional("errorMessage", .string(), "What is wrong, and what to do"),
            .optional("dockerVersion", .string(), "Of its daemon"),
            .optional("health", .named(Health.schema), "What the last check came to"),
            .optional("operatingSystem", .string(), "Debian GNU/Linux 13"),
            .optional("architecture", .string(), "x86_64, aarch64"),
            .optional("kernel", .string(), "Its version"),
            .optional("cpus", .integer, "How many processors"),
            .optional("memoryBytes", .integer, "All of it"),
            .optional("diskBytes", .integer, "Of its root file system"),
            .optional("lastCheckedAt", .moment, "When it was looked at last"),
            .optional("registeredAt", .moment, "When all checks had passed for the first time"),
            .init("createdAt", .moment, "When it was found"),
            .init("updatedAt", .moment, "When it changed"),
        ])
    )
}

extension ServerDocument.Health {
    static let schema = NamedSchema(
        "ServerHealth",
        .object([
            .init("status", .choice(["healthy", "unhealthy"]), "Whether all checks passed"),
            .init("dockerOk", .boolean, "Docker is there, new enough, and answers the user"),
            .init("diskOk", .boolean, "There is room"),
            .init("memoryOk", .boolean, "There is memory"),
            .init("networkOk", .boolean, "It reaches what it must"),
            .init("clockOk", .boolean, "Its clock is right"),
            .optional("diskAvailableGigabytes", .number, "On the fuller of its and Docker's file system"),
            .optional("memoryAvailableMegabytes", .integer, "For new programs"),
            .optional("clockSkewSeconds", .number, "How far its clock is ahead"),
            .init("findings", .list(.named(ServerDocument.Problem.schema)), "What is not as it must be"),
        ])
    )
}

extension ServerDocument.Problem {
    static let schema = NamedSchema(
        "ServerFinding",
        .object([
            .init("check", .choice(Finding.Check.allCases.map(\.rawValue)), "Which"),
            .init("message", .string(), "What is"), .init("advice", .string(), "What to do"),
        ])
    )
}
