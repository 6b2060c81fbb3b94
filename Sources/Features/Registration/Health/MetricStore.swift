package import Domain
package import FoundationEssentials
package import Storage

/// What was measured on a server at a moment.
package struct ServerMetric: Sendable, Hashable {
    package let takenAt: Date
    /// Of all processors together, since the measurement before; nil: there was none.
    package let cpuPercent: Double?
    package let memoryUsedBytes: Int64
    package let memoryBytes: Int64
    package let diskUsedBytes: Int64
    package let diskBytes: Int64
    /// Over 1, 5 and 15 minutes.
    package let load: [Double]
}

/// Keeps what was measured on servers, for 7 days.
package struct MetricStore: Sendable {
    package static let days = 7

    package init() {}

    /// Adds a measurement; the processors' share is that since the one before.
    func add(_ facts: MachineFacts, of server: ServerID, at now: Date, in transaction: Transaction) throws {
        guard let memory = facts.memoryBytes, let free = facts.freeMemoryBytes, let disk = facts.root, let total = facts.cpuTotal,
            let busy = facts.cpuBusy
        else { return }
        let before = try transaction.first(
            "SELECT cpu_busy, cpu_total FROM server_metrics WHERE server_id = \(server) ORDER BY taken_at DESC LIMIT 1"
        ).map { (busy: try $0.value("cpu_busy", as: Int64.self), total: try $0.value("cpu_total", as: Int64.self)) }
        // A machine that began anew counts from 0 again.
        let share = before.flatMap { before -> Double? in
            guard total > before.total, busy >= before.busy else { return nil }
            return min(100, Double(busy - before.busy) * 100 / Double(total - before.total))
        }
        let load = facts.load + [Double](repeating: 0, count: max(0, 3 - facts.load.count))
        try transaction.execute(
            """
            INSERT INTO server_metrics (server_id, taken_at, cpu_busy, cpu_total, cpu_percent, memory_used_bytes, memory_bytes,
                disk_used_bytes, disk_bytes, load_1, load_5, load_15)
            VALUES (\(server), \(now), \(busy), \(total), \(share), \(memory - free), \(memory), \(disk.sizeBytes - disk.freeBytes),
                \(disk.sizeBytes), \(load[0]), \(load[1]), \(load[2]))
            ON CONFLICT (server_id, taken_at) DO NOTHING
            """
        )
    }

    /// A server's measurements since a moment, oldest first.
    ///
    /// - Throws: ``StorageError``.
    package func metrics(of server: ServerID, since moment: Date, limit: Int = 1000, in transaction: Transaction) throws -> [ServerMetric] {
        try transaction.rows(
            """
            SELECT taken_at, cpu_percent, memory_used_bytes, memory_bytes, disk_used_bytes, disk_bytes, load_1, load_5, load_15
            FROM server_metrics WHERE server_id = \(server) AND taken_at >= \(moment)
            ORDER BY taken_at DESC LIMIT \(limit)
            """
        ).map { row in
            ServerMetric(
                takenAt: try row.value("taken_at"),
                cpuPercent: try row.value("cpu_percent"),
                memoryUsedBytes: try row.value("memory_used_bytes"),
                memoryBytes: try row.value("memory_bytes"),
                diskUsedBytes: try row.value("disk_used_bytes"),
                diskBytes: try row.value("disk_bytes"),
                load: [try row.value("load_1"), try row.value("load_5"), try row.value("load_15")]
            )
        }.reversed()
    }

    /// The newest measurement of each server.
    package func newest(in transaction: Transaction) throws -> [(server: ServerID, metric: ServerMetric)] {
        try transaction.rows("SELECT id FROM servers").compactMap { row in
            let id: ServerID = try row.value("id")
            return try metrics(of: id, since: .distantPast, limit: 1, in: transaction).first.map { (id, $0) }
        }
    }

    /// Removes what is older than ``days``.
    ///
    /// - Returns: How many went.
    @discardableResult
    package func prune(at now: Date, limit: Int = 5000, in transaction: Transaction) throws -> Int {
        let oldest = now.addingTimeInterval(-Double(Self.days) * 86_400)
        return try transaction.execute(
            """
            DELETE FROM server_metrics WHERE (server_id, taken_at) IN (
                SELECT server_id, taken_at FROM server_metrics WHERE taken_at < \(oldest) ORDER BY taken_at LIMIT \(limit)
            )
            """
        )
    }
}
