import API
import Log

/// Runs `slipway server settings`.
enum ServerSettingsCommand {
    private struct Wanted: Encodable {
        var installsDocker: Bool?
        var minimumDocker: String?
        var minimumDiskGigabytes: Int?
        var minimumMemoryMegabytes: Int?
        var maximumClockSkewSeconds: Int?
        var networkTarget: String?
        var checkIntervalSeconds: Int?
    }

    private static let options = ["install-docker", "docker-minimum", "disk", "memory", "clock", "network-target", "interval"]

    static func run(_ context: CommandContext) async throws -> ExitCode {
        let command = context.command
        let installation = try await context.installation()
        let isChanging = options.contains(where: command.flag)
        // What holds for an installation's own organization can be asked before it has deployed anything; another name may be a slip.
        if isChanging || context.organization == "default" { try await installation.program?.ensureOrganization(context.organization) }
        let settings: RegistrationSettingsDocument
        if isChanging {
            var wanted = Wanted()
            wanted.installsDocker = command.string("install-docker").map { $0 == "on" }
            wanted.minimumDocker = command.string("docker-minimum")
            wanted.minimumDiskGigabytes = command.integer("disk")
            wanted.minimumMemoryMegabytes = command.integer("memory")
            wanted.maximumClockSkewSeconds = command.integer("clock")
            wanted.networkTarget = command.string("network-target")
            wanted.checkIntervalSeconds = command.integer("interval")
            let body = try await installation.change("PUT", "organizations", context.organization, "registration", body: wanted)
            settings = try JSONDocument.read(body)
        } else {
            settings = try await installation.get("organizations", context.organization, "registration")
        }
        if context.output.isJSON {
            try context.output.json(settings)
            return .done
        }
        let output = context.output
        func row(_ name: String, _ value: String) { output.line(TextWidth.pad(name, to: 16) + Harmless.line(value)) }
        row("organization", settings.organization)
        row(
            "docker",
            "\(settings.minimumDocker) or later, \(settings.installsDocker ? "installed where it isn't" : "not installed by itself")"
        )
        row("disk", "\(settings.minimumDiskGigabytes) GB left")
        row("memory", "\(settings.minimumMemoryMegabytes) MB available")
        row("clock", "at most \(HumanText.count(settings.maximumClockSkewSeconds, "second")) wrong")
        row("network target", settings.networkTarget == "standard" ? "standard (8.8.8.8; none for local machines)" : settings.networkTarget)
        row("interval", HumanText.count(settings.checkIntervalSeconds, "second"))
        return .done
    }
}
