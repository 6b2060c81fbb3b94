package import Domain

/// How much a worker takes on.
package struct WorkerLimits: Sendable {
    /// How many jobs may compute at once; a lease needs a free one.
    package var computing: Int
    /// How many jobs beside them may wait for the cloud; see ``JobContext/setActivity(_:)``.
    package var waiting: Int
    /// How many jobs of a queue this worker runs at once; a queue that isn't named has no limit of its own.
    package var perQueue: [QueueName: Int]
    /// How many jobs of one organization run at once, on all workers together, unless ``JobStore/setLimit(_:for:in:)`` says otherwise.
    package var perOrganization: Int?

    package init(computing: Int = 4, waiting: Int = 16, perQueue: [QueueName: Int] = [:], perOrganization: Int? = nil) {
        self.computing = max(1, computing)
        self.waiting = max(0, waiting)
        self.perQueue = perQueue
        self.perOrganization = perOrganization
    }
}
