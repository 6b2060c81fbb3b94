package import FoundationEssentials

/// A worker as its row says.
package struct WorkerRecord: Sendable, Equatable {
    package let id: String
    package let host: String
    package let pid: Int
    /// Tells whether its process still lives, on the same machine; nil where that can't be told.
    package let incarnation: String?
    package let version: String
    package let computingSlots: Int
    package let waitingSlots: Int
    package let startedAt: Date
    package let heartbeatAt: Date
    /// When it stopped by itself.
    package let stoppedAt: Date?
}
