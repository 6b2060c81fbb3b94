package import Domain
package import FoundationEssentials

/// A piece of work to be queued.
package struct NewJob: Sendable {
    package var id: JobID
    /// Chooses the handler: `deploy`, `destroy`.
    package var kind: String
    package var queue: QueueName
    /// Whose turn it uses; nil for the product's own work, which takes turns as one more organization.
    package var organization: OrganizationID?
    /// At most one job of a key runs at a time, for example `deployment:42`.
    package var concurrencyKey: String?
    /// JSON for the handler; no secrets.
    package var payload: String
    /// `organization:7`, `deployment:42`, `provider:aws`.
    package var tags: [String]
    /// Within one organization's jobs of a queue, the higher goes first.
    package var priority: Int
    /// Not before; nil for at once.
    package var runAt: Date?
    package var maximumAttempts: Int
    /// Of one attempt.
    package var timeout: Duration
    /// At most one unfinished job has this key; a second is answered with the first.
    package var uniqueKey: String?

    package init(
        id: JobID,
        kind: String,
        queue: QueueName,
        organization: OrganizationID? = nil,
        concurrencyKey: String? = nil,
        payload: String = "{}",
        tags: [String] = [],
        priority: Int = 0,
        runAt: Date? = nil,
        maximumAttempts: Int = 3,
        timeout: Duration = .seconds(1800),
        uniqueKey: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.queue = queue
        self.organization = organization
        self.concurrencyKey = concurrencyKey
        self.payload = payload
        self.tags = tags
        self.priority = priority
        self.runAt = runAt
        self.maximumAttempts = maximumAttempts
        self.timeout = timeout
        self.uniqueKey = uniqueKey
    }
}
