import Domain
import FoundationEssentials
import Jobs
import Registration
import StateVault
import Storage

/// What the database says, for Prometheus.
enum DatabaseMetrics {
    static func lines(_ services: APIServices) async throws -> [String] {
        let now = services.now()
        let (counts, durations, workers, backlog) = try await services.database.read {
            [jobs = services.jobs, vault = services.vault] transaction in
            (
                try jobs.countsByQueue(in: transaction),
                try jobs.durations(since: now.addingTimeInterval(-3600), in: transaction),
                try jobs.workers(in: transaction),
                try vault.backlog(in: transaction)
            )
        }
        var lines = Metrics.head("slipway_jobs", "gauge", "Jobs by queue and status, finished ones included while they are kept")
        for count in counts.sorted(by: { ($0.queue, $0.status) < ($1.queue, $1.status) }) {
            lines.append("slipway_jobs{queue=\"\(count.queue)\",status=\"\(count.status)\"} \(count.count)")
        }
        let leases = counts.filter { $0.status == JobStatus.processing.rawValue }.reduce(0) { $0 + $1.count }
        lines += Metrics.head("slipway_leases", "gauge", "Jobs that a worker holds") + ["slipway_leases \(leases)"]
        let living = workers.filter { now.timeIntervalSince($0.heartbeatAt) < 60 }
        lines += Metrics.head("slipway_workers", "gauge", "Workers that live") + ["slipway_workers \(living.count)"]
        lines += Metrics.head("slipway_run_duration_seconds", "summary", "How long the jobs of the last hour took")
        for (kind, seconds) in durations.sorted(by: { $0.key < $1.key }) {
            let sorted = seconds.sorted()
            for quantile in [0.5, 0.9, 0.99] {
                let value = sorted[min(sorted.count - 1, Int(clamping: Double(sorted.count) * quantile))]
                lines.append("slipway_run_duration_seconds{kind=\"\(kind)\",quantile=\"\(quantile)\"} \(value)")
            }
            lines.append("slipway_run_duration_seconds_sum{kind=\"\(kind)\"} \(sorted.reduce(0, +))")
            lines.append("slipway_run_duration_seconds_count{kind=\"\(kind)\"} \(sorted.count)")
        }
        lines += Metrics.head("slipway_backups_behind", "gauge", "Versions of states whose backup is not written")
        lines += [
            "slipway_backups_behind{status=\"pending\"} \(backlog.pending)", "slipway_backups_behind{status=\"failed\"} \(backlog.failed)",
        ]
        let age = backlog.oldest.map { max(0, now.timeIntervalSince($0)) } ?? 0
        lines += Metrics.head("slipway_backups_behind_seconds", "gauge", "How long the oldest of them waits")
        lines.append("slipway_backups_behind_seconds \(age)")
        return lines + (try await ServerMetrics.lines(services))
    }
}
