/// How a child process ended, and what it used.
package struct ExitStatus: Sendable, Hashable {
    /// The two ways a process ends; wait(2).
    package enum End: Sendable, Hashable {
        /// It returned this code, 0–255.
        case code(Int32)
        /// This signal ended it.
        case signal(Int32)
    }

    package let end: End
    /// Processor time of the process and of every descendant it had waited for.
    package let processorTime: Duration
    /// The largest resident set of any one process among them, in bytes.
    package let peakResidentBytes: Int

    /// It returned 0.
    package var isSuccess: Bool { end == .code(0) }

    package init(end: End, processorTime: Duration = .zero, peakResidentBytes: Int = 0) {
        self.end = end
        self.processorTime = processorTime
        self.peakResidentBytes = peakResidentBytes
    }
}
