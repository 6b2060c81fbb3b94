internal import Domain
internal import FoundationEssentials

/// What a check of a server came to: column `health_check_status`, in the words of requirement 002.
package struct HealthReport: Sendable, Hashable, Codable {
    /// `healthy` or `unhealthy`.
    package var overallStatus: String
    package var diskSpaceOK: Bool
    package var diskAvailableGigabytes: Double?
    package var memoryOK: Bool
    package var memoryAvailableMegabytes: Int?
    package var networkOK: Bool
    package var dockerOK: Bool
    package var clockOK: Bool
    package var clockSkewSeconds: Double?
    package var cpuCount: Int?
    package var findings: [Finding]
    /// Seconds since 1970 UTC.
    package var checkedAt: Double

    enum CodingKeys: String, CodingKey {
        case overallStatus = "overall_status"
        case diskSpaceOK = "disk_space_ok"
        case diskAvailableGigabytes = "disk_available_gb"
        case memoryOK = "memory_ok"
        case memoryAvailableMegabytes = "memory_available_mb"
        case networkOK = "network_ok"
        case dockerOK = "docker_ok"
        case clockOK = "clock_ok"
        case clockSkewSeconds = "clock_skew_seconds"
        case cpuCount = "cpu_count"
        case findings
        case checkedAt = "checked_at"
    }

    package var isHealthy: Bool { findings.isEmpty }

    /// A report of what failed before anything could be measured.
    init(findings: [Finding], at now: Date) {
        overallStatus = findings.isEmpty ? "healthy" : "unhealthy"
        (diskSpaceOK, memoryOK, networkOK, dockerOK, clockOK) = (false, false, false, false, false)
        self.findings = findings
        checkedAt = now.timeIntervalSince1970
    }

    /// Judges what was measured.
    ///
    /// - Parameters:
    ///   - facts: The machine's.
    ///   - docker: What is wrong with Docker; nil: nothing.
    ///   - settings: What is asked of it.
    ///   - skew: How far its clock is ahead, in seconds.
    ///   - place: What it is called in sentences.
    ///   - now: When.
    init(_ facts: MachineFacts, docker: Finding?, settings: RegistrationSettings, skew: Double?, place: String, at now: Date) {
        var findings = docker.map { [$0] } ?? []
        let disk = Self.disk(facts, settings, place)
        let memory = Self.memory(facts, settings, place)
        let clock = Self.clock(skew, settings, place)
        var network: Finding?
        if facts.reachesTarget == false {
            network = Finding(
                .network,
                "\(place) can't reach \(settings.networkTarget ?? "the internet").",
                "Check its routes and firewall, or name another target with `slipway server settings --network-target`."
            )
        }
        findings += [disk, memory, network, clock].compactMap(\.self)
        self.init(findings: findings, at: now)
        (diskSpaceOK, memoryOK, networkOK) = (disk == nil, memory == nil, network == nil)
        (dockerOK, clockOK) = (docker == nil, clock == nil)
        let free = [facts.root, facts.docker].compactMap(\.self).map(\.freeBytes).min()
        diskAvailableGigabytes = free.map { (Double($0) / 1_073_741_824 * 10).rounded(.down) / 10 }
        memoryAvailableMegabytes = facts.freeMemoryBytes.map { Int($0 / 1_048_576) }
        clockSkewSeconds = skew.map { ($0 * 1000).rounded() / 1000 }
        cpuCount = facts.cpus
    }

    // MARK: - Judging

    private static func disk(_ facts: MachineFacts, _ settings: RegistrationSettings, _ place: String) -> Finding? {
        guard let root = facts.root else {
            return Finding(.disk, "How much room \(place) has could not be found out.", "Log in and see what df / says.")
        }
        let least = Int64(settings.minimumDiskGigabytes) * 1_073_741_824
        guard let short = [root, facts.docker].compactMap(\.self).first(where: { $0.freeBytes < least }) else { return nil }
        return Finding(
            .disk,
            "Insufficient disk space on \(place): \(short.path) has \(gigabytes(short.freeBytes)) GB left, and \(settings.minimumDiskGigabytes) GB are the least.",
            "Remove what is not needed there, give it a larger disk, or lower the limit with `slipway server settings --disk`."
        )
    }

    private static func memory(_ facts: MachineFacts, _ settings: RegistrationSettings, _ place: String) -> Finding? {
        guard let free = facts.freeMemoryBytes else {
            return Finding(.memory, "How much memory \(place) has could not be found out.", "Log in and see what free -m says.")
        }
        guard free < Int64(settings.minimumMemoryMegabytes) * 1_048_576 else { return nil }
        return Finding(
            .memory,
            "Insufficient memory on \(place): \(free / 1_048_576) MB available, and \(settings.minimumMemoryMegabytes) MB are the least.",
            "Stop what is not needed there, use a larger machine, or lower the limit with `slipway server settings --memory`."
        )
    }

    private static func clock(_ skew: Double?, _ settings: RegistrationSettings, _ place: String) -> Finding? {
        guard let skew else {
            return Finding(.clock, "The time on \(place) could not be read.", "Log in and see what date says.")
        }
        guard abs(skew) > Double(settings.maximumClockSkewSeconds) else { return nil }
        let seconds = Int(clamping: abs(skew).rounded())
        let span = seconds >= 7200 ? "\(seconds / 3600) hours" : seconds >= 120 ? "\(seconds / 60) minutes" : "\(seconds) seconds"
        return Finding(
            .clock,
            "The clock of \(place) is \(span) \(skew > 0 ? "ahead" : "behind").",
            "Let it follow a time server: sudo timedatectl set-ntp true."
        )
    }

    private static func gigabytes(_ bytes: Int64) -> String {
        let tenths = bytes * 10 / 1_073_741_824
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// As the column holds it.
    func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self).replacing("\\u0000", with: " ")
    }

    /// Reads the column; nil for what a newer program wrote in another shape.
    package static func decoded(_ text: String) -> HealthReport? {
        // Shown as far as it is understood.
        try? JSONDecoder().decode(HealthReport.self, from: Data(text.utf8))
    }
}
