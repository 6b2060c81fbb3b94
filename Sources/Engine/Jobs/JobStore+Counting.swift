internal import Domain
package import FoundationEssentials
package import Storage

extension JobStore {
    /// How many jobs of a queue are in a status.
    package struct QueueCount: Sendable, Hashable {
        package let queue: String
        package let status: String
        package let count: Int
    }

    /// How many jobs there are by queue and status, finished ones included while they are kept.
    package func countsByQueue(in transaction: Transaction) throws(StorageError) -> [QueueCount] {
        var counts: [QueueCount] = []
        for row in try transaction.rows("SELECT queue, status, COUNT(*) AS count FROM jobs GROUP BY queue, status") {
            counts.append(
                QueueCount(queue: try row.value("queue"), status: try row.value("status"), count: try row.value("count"))
            )
        }
        return counts
    }

    /// How long the jobs of each kind took that were completed since a moment, in seconds, at most 10,000 of them.
    package func durations(since moment: Date, in transaction: Transaction) throws(StorageError) -> [String: [Double]] {
        var durations: [String: [Double]] = [:]
        let rows = try transaction.rows(
            """
            SELECT kind, finished_at - started_at AS microseconds FROM jobs
            WHERE finished_at >= \(moment) AND status = \(JobStatus.completed) AND started_at IS NOT NULL
            ORDER BY finished_at DESC LIMIT 10000
            """
        )
        for row in rows {
            let microseconds: Int64 = try row.value("microseconds")
            durations[try row.value("kind"), default: []].append(Double(microseconds) / 1_000_000)
        }
        return durations
    }
}
