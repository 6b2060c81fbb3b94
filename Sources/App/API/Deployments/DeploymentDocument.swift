internal import Domain
package import FoundationEssentials
package import Provisioning

/// A deployment as every JSON of the program shows it.
package struct DeploymentDocument: Codable, Sendable {
    package let deployment: Int64
    package let organization: String
    package let project: String
    package let status: String
    package let stage: String
    package let progress: Int
    package let resources: Int
    package let stateVersion: Int64
    package let planSummary: String?
    package let errorMessage: String?
    package let lastJob: String?
    package let retryCount: Int
    package let startedAt: Date?
    package let completedAt: Date?
    package let createdAt: Date
    package let updatedAt: Date
    package let autoRegisterServer: Bool
    package let registrationStatus: String?
    package let registrationError: String?
    package let registrationJob: String?

    package init(_ deployment: Deployment) {
        self.deployment = deployment.id.rawValue
        organization = deployment.organizationName
        project = deployment.project
        status = deployment.status.rawValue
        stage = deployment.stage
        progress = deployment.progress
        resources = deployment.resourceCount
        stateVersion = deployment.stateVersion
        planSummary = deployment.planSummary
        errorMessage = deployment.errorMessage
        lastJob = deployment.lastJob?.rawValue
        retryCount = deployment.retryCount
        startedAt = deployment.startedAt
        completedAt = deployment.completedAt
        createdAt = deployment.createdAt
        updatedAt = deployment.updatedAt
        autoRegisterServer = deployment.autoRegistersServer
        registrationStatus = deployment.registrationStatus?.rawValue
        registrationError = deployment.registrationError
        registrationJob = deployment.registrationJob?.rawValue
    }
}

extension DeploymentDocument {
    static let schema = NamedSchema(
        "Deployment",
        .object([
            .init("deployment", .integer, "Its number"),
            .init("organization", .string(), "Whose"),
            .init("project", .string(), "Its name"),
            .init("status", .choice(DeploymentStatus.allCases.map(\.rawValue)), "Where it stands"),
            .init("stage", .string(), "Of its last job"),
            .init("progress", .integer, "0 to 100"),
            .init("resources", .integer, "How many it has"),
            .init("stateVersion", .integer, "The newest; 0: none"),
            .optional("planSummary", .string(), "+3 ~1 -0"),
            .optional("errorMessage", .string(), "Of its last job"),
            .optional("lastJob", .string(), "That worked on it"),
            .init("retryCount", .integer, "Of its last job"),
            .optional("startedAt", .moment, "When its last job began"),
            .optional("completedAt", .moment, "When its last job ended"),
            .init("createdAt", .moment, "When it was made"),
            .init("updatedAt", .moment, "When it changed"),
            .init("autoRegisterServer", .boolean, "Its servers are registered by themselves when it is deployed"),
            .optional("registrationStatus", .choice(RegistrationStatus.allCases.map(\.rawValue)), "How far that has come"),
            .optional("registrationError", .string(), "Why a server is not ready, and what to do"),
            .optional("registrationJob", .string(), "That registers its servers, or did last"),
        ])
    )
}
