package import Domain

/// Which jobs to list; a nil field doesn't filter.
package struct JobFilter: Sendable {
    package var organization: OrganizationID?
    /// Empty for all.
    package var statuses: [JobStatus]
    /// Empty for all.
    package var queues: [QueueName]
    package var kind: String?
    package var tag: String?
    /// A second one that they have, too.
    package var otherTag: String?
    package var concurrencyKey: String?

    package init(
        organization: OrganizationID? = nil,
        statuses: [JobStatus] = [],
        queue: QueueName? = nil,
        kind: String? = nil,
        tag: String? = nil,
        concurrencyKey: String? = nil
    ) {
        self.organization = organization
        self.statuses = statuses
        queues = queue.map { [$0] } ?? []
        self.kind = kind
        self.tag = tag
        otherTag = nil
        self.concurrencyKey = concurrencyKey
    }
}

/// A part of a list of jobs, newest first.
package struct JobPage: Sendable {
    /// 1 to 1,000.
    package var limit: Int
    /// Begins after this job, the last of the page before; nil for the newest.
    package var after: JobID?

    package init(limit: Int = 50, after: JobID? = nil) {
        self.limit = max(1, min(limit, 1000))
        self.after = after
    }
}
