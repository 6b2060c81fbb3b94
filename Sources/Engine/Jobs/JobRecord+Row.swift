internal import Domain
internal import FoundationEssentials
internal import Storage

extension JobRecord {
    static let columns: SQL = """
        id, kind, queue, organization_id, concurrency_key, unique_key, payload, tags, priority, status, run_at, attempt, maximum_attempts,
        timeout_seconds, fence, worker_id, lease_expires_at, wake_requested, cancel_requested_at, cancel_force, cancelled_by, stage, progress, message,
        result, error_message, error_code, created_at, started_at, finished_at, updated_at
        """

    init(_ row: Row) throws(StorageError) {
        id = try row.value("id")
        kind = try row.value("kind")
        queue = try row.value("queue")
        organization = try row.value("organization_id")
        concurrencyKey = try row.value("concurrency_key")
        uniqueKey = try row.value("unique_key")
        payload = try row.value("payload")
        tags = JSONStrings.decode(try row.value("tags"))
        priority = try row.value("priority")
        status = try row.value("status")
        runAt = try row.value("run_at")
        attempt = try row.value("attempt")
        maximumAttempts = try row.value("maximum_attempts")
        timeout = .seconds(try row.value("timeout_seconds", as: Int64.self))
        fence = try row.value("fence")
        workerID = try row.value("worker_id")
        leaseExpiresAt = try row.value("lease_expires_at")
        isWakeRequested = try row.value("wake_requested")
        cancelRequestedAt = try row.value("cancel_requested_at")
        isCancelForced = try row.value("cancel_force")
        cancelledBy = try row.value("cancelled_by")
        stage = try row.value("stage")
        progress = try row.value("progress")
        message = try row.value("message")
        result = try row.value("result")
        errorMessage = try row.value("error_message")
        errorCode = try row.value("error_code")
        createdAt = try row.value("created_at")
        startedAt = try row.value("started_at")
        finishedAt = try row.value("finished_at")
        updatedAt = try row.value("updated_at")
    }
}

extension JobAttempt {
    init(_ row: Row) throws(StorageError) {
        job = try row.value("job_id")
        ordinal = try row.value("attempt")
        fence = try row.value("fence")
        workerID = try row.value("worker_id")
        host = try row.value("host")
        startedAt = try row.value("started_at")
        endedAt = try row.value("ended_at")
        outcome = try row.value("outcome")
        errorCode = try row.value("error_code")
        errorMessage = try row.value("error_message")
        stage = try row.value("stage")
    }
}
