import Access
import Audit
import Registration
import Storage
import WebServer

/// What an organization asks of its servers.
enum RegistrationSettingsRoutes {
    static let all = [show, set]

    static let show = Route(
        "GET",
        "/api/organizations/:organization/registration",
        name: "getRegistrationSettings",
        group: ServerRoutes.group,
        "See what an organization asks of its servers",
        needs: .organizationInPath(.read),
        answers: [.json(.named(RegistrationSettingsDocument.schema))]
    ) { call, organization in
        let settings = try await call.services.database.read { try RegistrationSettingsStore().settings(of: organization.id, in: $0) }
        return try .json(encoding: RegistrationSettingsDocument(settings, of: organization.name))
    }

    static let set = Route(
        "PUT",
        "/api/organizations/:organization/registration",
        name: "setRegistrationSettings",
        group: ServerRoutes.group,
        "Set what an organization asks of its servers; what is left out stays",
        needs: .organizationInPath(.organization),
        body: .json(
            .object([
                .optional("installsDocker", .boolean, "Install, start and open Docker where it isn't"),
                .optional("minimumDocker", .string(), "20.10"),
                .optional("minimumDiskGigabytes", .whole(0...1_000_000), "Free, on the root and Docker's file system"),
                .optional("minimumMemoryMegabytes", .whole(0...100_000_000), "Available"),
                .optional("maximumClockSkewSeconds", .whole(1...86_400), "How wrong a clock may be"),
                .optional("networkTarget", .string(), "HOST to ping, HOST:PORT to connect to, 'none', or 'standard'"),
                .optional("checkIntervalSeconds", .whole(5...86_400), "How often each server is looked at"),
            ])
        ),
        answers: [.json(.named(RegistrationSettingsDocument.schema))],
        record: .handler
    ) { call, organization in
        var fields = try call.fields()
        let installs = try fields.optionalFlag("installsDocker")
        let docker = try fields.optionalText("minimumDocker")
        let disk = try fields.optionalInteger("minimumDiskGigabytes", in: 0...1_000_000)
        let memory = try fields.optionalInteger("minimumMemoryMegabytes", in: 0...100_000_000)
        let skew = try fields.optionalInteger("maximumClockSkewSeconds", in: 1...86_400)
        let target = try fields.optionalText("networkTarget")
        let interval = try fields.optionalInteger("checkIntervalSeconds", in: 5...86_400)
        try fields.end()
        let (author, now) = (try call.author, call.now)
        let settings = try await call.services.database.write { transaction in
            let store = RegistrationSettingsStore()
            var settings = try store.settings(of: organization.id, in: transaction)
            if let installs { settings.installsDocker = installs }
            if let docker { settings.minimumDocker = docker }
            if let disk { settings.minimumDiskGigabytes = disk }
            if let memory { settings.minimumMemoryMegabytes = memory }
            if let skew { settings.maximumClockSkewSeconds = skew }
            if let target { settings.networkTarget = target == "standard" ? nil : target }
            if let interval { settings.checkIntervalSeconds = interval }
            settings = try settings.validated()
            try store.keep(settings, of: organization.id, at: now, in: transaction)
            try AuditLog().append(
                "registration.configured",
                of: "organization:\(organization.id)",
                by: author,
                organization: organization.id,
                details: [
                    "installs_docker": "\(settings.installsDocker)", "minimum_docker": settings.minimumDocker,
                    "minimum_disk_gb": "\(settings.minimumDiskGigabytes)", "minimum_memory_mb": "\(settings.minimumMemoryMegabytes)",
                    "network_target": settings.networkTarget ?? "standard",
                ],
                at: now,
                in: transaction
            )
            return settings
        }
        return try .json(encoding: RegistrationSettingsDocument(settings, of: organization.name))
    }
}

/// What an organization asks of its servers.
package struct RegistrationSettingsDocument: Codable, Sendable {
    package let organization: String
    package let installsDocker: Bool
    package let minimumDocker: String
    package let minimumDiskGigabytes: Int
    package let minimumMemoryMegabytes: Int
    package let maximumClockSkewSeconds: Int
    /// `standard`, `none`, or a target.
    package let networkTarget: String
    package let checkIntervalSeconds: Int

    init(_ settings: RegistrationSettings, of organization: String) {
        self.organization = organization
        installsDocker = settings.installsDocker
        minimumDocker = settings.minimumDocker
        minimumDiskGigabytes = settings.minimumDiskGigabytes
        minimumMemoryMegabytes = settings.minimumMemoryMegabytes
        maximumClockSkewSeconds = settings.maximumClockSkewSeconds
        networkTarget = settings.networkTarget ?? "standard"
        checkIntervalSeconds = settings.checkIntervalSeconds
    }

    static let schema = NamedSchema(
        "RegistrationSettings",
        .object([
            .init("organization", .string(), "Whose"),
            .init("installsDocker", .boolean, "Docker is installed, started and opened where it isn't"),
            .init("minimumDocker", .string(), "20.10"),
            .init("minimumDiskGigabytes", .integer, "Free"), .init("minimumMemoryMegabytes", .integer, "Available"),
            .init("maximumClockSkewSeconds", .integer, "How wrong a clock may be"),
            .init("networkTarget", .string(), "standard, none, HOST or HOST:PORT"),
            .init("checkIntervalSeconds", .integer, "How often each server is looked at"),
        ])
    )
}
