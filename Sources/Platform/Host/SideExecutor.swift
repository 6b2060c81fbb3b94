internal import Dispatch

/// Runs tasks on one thread beside Swift's own: what computes for long there holds up nobody but its like.
///
/// ```swift
/// try await withTaskExecutorPreference(side) { try await parse(body) }
/// ```
package final class SideExecutor: TaskExecutor {
    private let queue: DispatchQueue

    /// Makes one.
    ///
    /// - Parameter label: What debuggers call its thread.
    package init(label: String) { queue = DispatchQueue(label: label) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
