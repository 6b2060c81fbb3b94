import Domain
import Registration
import Storage

/// What was last measured on servers, for Prometheus.
enum ServerMetrics {
    private static let limit = 1000

    static func lines(_ services: APIServices) async throws -> [String] {
        let (counts, servers, newest) = try await services.database.read { transaction in
            (
                try ServerStore().counts(in: transaction),
                try ServerStore().servers(organization: nil, limit: limit, in: transaction),
                try MetricStore().newest(in: transaction)
            )
        }
        var lines = Metrics.head("slipway_servers", "gauge", "Servers by status")
        for status in ServerStatus.allCases { lines.append("slipway_servers{status=\"\(status.rawValue)\"} \(counts[status] ?? 0)") }
        let byID = Dictionary(newest.map { ($0.server, $0.metric) }) { first, _ in first }
        func gauge(_ name: String, _ summary: String, _ value: (ServerMetric) -> Double?) {
            lines += Metrics.head(name, "gauge", summary)
            for server in servers {
                guard let metric = byID[server.id], let value = value(metric) else { continue }
                // A server's name needs no escapes; an organization's may.
                let organization = server.organizationName.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                lines.append("\(name){organization=\"\(organization)\",server=\"\(server.name)\"} \(value)")
            }
        }
        guard !byID.isEmpty else { return lines }
        gauge("slipway_server_cpu_percent", "Share of its processors that a server used between its last two checks") { $0.cpuPercent }
        gauge("slipway_server_memory_used_bytes", "Memory of a server that is not available") { Double($0.memoryUsedBytes) }
        gauge("slipway_server_memory_bytes", "Memory of a server") { Double($0.memoryBytes) }
        gauge("slipway_server_disk_used_bytes", "Used part of a server's root file system") { Double($0.diskUsedBytes) }
        gauge("slipway_server_disk_bytes", "Size of a server's root file system") { Double($0.diskBytes) }
        gauge("slipway_server_load1", "Load of a server over a minute") { $0.load.first }
        return lines
    }
}
