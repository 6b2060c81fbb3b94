internal import FoundationEssentials

/// What ``RemoteScript/health(target:)`` said about a machine, as numbers.
struct MachineFacts: Sendable, Equatable {
    struct Disk: Sendable, Equatable {
        let path: String
        let sizeBytes: Int64
        let freeBytes: Int64
    }

    /// Seconds since 1970 by the machine's own clock.
    var time: Double?
    var root: Disk?
    /// Where Docker keeps its data, when that is another file system.
    var docker: Disk?
    var memoryBytes: Int64?
    var freeMemoryBytes: Int64?
    var cpus: Int?
    /// Over 1, 5 and 15 minutes.
    var load: [Double] = []
    /// The kernel's counters since its start.
    var cpuBusy: Int64?
    var cpuTotal: Int64?
    var kernel: String?
    var architecture: String?
    var operatingSystem: String?
    var hostname: String?
    var privateIP: String?
    /// Nil: it needn't reach anything.
    var reachesTarget: Bool?

    /// Nil when the script didn't come to its end.
    init?(_ report: RemoteReport) {
        guard report.has("end") else { return nil }
        // Without nanoseconds some print the letters.
        let seconds = report["time"].flatMap { Double($0) ?? Double($0.prefix { $0 != "." }) }
        time = seconds.flatMap { abs($0) < 1e12 ? $0 : nil }
        root = Self.disk(report.words("root_disk"))
        docker = Self.disk(report.words("docker_disk"))
        if docker?.path == root?.path { docker = nil }
        let memory = report.numbers("memory")
        memoryBytes = memory["MemTotal"].flatMap(Self.bytes)
        freeMemoryBytes = (memory["MemAvailable"] ?? memory["MemFree"]).flatMap(Self.bytes)
        cpus = report["cpus"].flatMap { Int($0) }
        load = report.words("load").prefix(3).compactMap { Double($0) }.filter(\.isFinite)
        let ticks = report.words("cpu").dropFirst().prefix(8).compactMap { Int64($0) }.filter { Self.plausible.contains($0) }
        if ticks.count >= 4 {
            cpuTotal = ticks.reduce(0, +)
            // idle and iowait; proc_stat(5).
            cpuBusy = (cpuTotal ?? 0) - ticks[3] - (ticks.count > 4 ? ticks[4] : 0)
        }
        kernel = report["kernel"]
        architecture = report["architecture"]
        operatingSystem = report["os"]
        hostname = report["hostname"]
        privateIP = report.words("addresses").map(String.init).first(where: Self.isPrivate)
        reachesTarget = report["network"] == "skipped" ? nil : report["network"] == "ok"
    }

    /// A line of `df -Pk`: file system, blocks, used, available, share, mounted on.
    private static func disk(_ words: [Substring]) -> Disk? {
        guard words.count >= 6, let size = Int64(words[1]).flatMap(bytes), let free = Int64(words[3]).flatMap(bytes) else { return nil }
        return Disk(path: words[5...].joined(separator: " "), sizeBytes: size, freeBytes: free)
    }

    /// What a machine can have or count: it says what it likes, and no sum or product of such numbers may overflow.
    private static let plausible: ClosedRange<Int64> = 0...(1 << 46)

    private static func bytes(_ kilobytes: Int64) -> Int64? { plausible.contains(kilobytes) ? kilobytes * 1024 : nil }

    /// RFC 1918.
    private static func isPrivate(_ address: String) -> Bool {
        let parts = address.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 4 else { return false }
        return parts[0] == 10 || parts[0] == 192 && parts[1] == 168 || parts[0] == 172 && 16...31 ~= parts[1]
    }
}
