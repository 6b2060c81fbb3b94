package import Domain
package import FoundationEssentials
package import Storage

/// How a handler's attempt ended, when not by an error; `alongside` runs in the transaction that ends the attempt.
package enum JobEnd: Sendable {
    /// Writes of the handler that commit with the end, or not at all; may be run again after a serialization failure.
    package typealias Alongside = @Sendable (Transaction) throws -> Void

    /// Done; `result` is JSON for whoever asks.
    case completed(result: String? = nil, alongside: Alongside? = nil)
    /// Goes on at `until`, or when woken; the attempt is not used up.
    case suspended(until: Date, stage: JobStage, alongside: Alongside? = nil)
    /// Ended because it was asked to.
    case cancelled(alongside: Alongside? = nil)
    /// Back to the queue as if it had not been tried; for a worker that shuts down.
    case handedBack(alongside: Alongside? = nil)
}
