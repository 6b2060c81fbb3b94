package import FoundationEssentials
package import Registration

/// What was measured on a server at a moment.
package struct MetricDocument: Codable, Sendable {
    package let at: Date
    package let cpuPercent: Double?
    package let memoryUsedBytes: Int64
    package let memoryBytes: Int64
    package let diskUsedBytes: Int64
    package let diskBytes: Int64
    package let load: [Double]

    package init(_ metric: ServerMetric) {
        at = metric.takenAt
        cpuPercent = metric.cpuPercent.map { ($0 * 10).rounded() / 10 }
        memoryUsedBytes = metric.memoryUsedBytes
        memoryBytes = metric.memoryBytes
        diskUsedBytes = metric.diskUsedBytes
        diskBytes = metric.diskBytes
        load = metric.load
    }

    static let schema = NamedSchema(
        "ServerMetric",
        .object([
            .init("at", .moment, "When"), .optional("cpuPercent", .number, "Of all processors together, since the one before"),
            .init("memoryUsedBytes", .integer, "What is not available"), .init("memoryBytes", .integer, "All"),
            .init("diskUsedBytes", .integer, "Of the root file system"), .init("diskBytes", .integer, "All of it"),
            .init("load", .list(.number), "Over 1, 5 and 15 minutes"),
        ])
    )
}
