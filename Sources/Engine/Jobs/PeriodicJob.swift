package import FoundationEssentials

/// A job that is queued again and again, by whichever worker comes first.
package struct PeriodicJob: Sendable {
    /// Names its row and its unique key: one is queued at a time.
    package let name: String
    /// From one to the next; times that nobody was there for are not made up.
    package let every: Duration
    /// Makes the job for a time; its unique key is replaced.
    package let make: @Sendable (Date) -> NewJob

    package init(name: String, every: Duration, make: @escaping @Sendable (Date) -> NewJob) {
        self.name = name
        self.every = every
        self.make = make
    }
}
