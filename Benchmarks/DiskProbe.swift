import Glibc
import Synchronization

/// How long the disk takes to make 4 KB durable while something else is measured: what a commit costs that does nothing.
///
/// A line is shown when it is stored, so that a disk that stands still for half a second shows it half a second later.
final class DiskProbe: @unchecked Sendable {
    // @unchecked: the descriptor is touched by the thread only, after the beginning.
    private struct State {
        var milliseconds: [Double] = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let descriptor: Int32
    private let path: String

    /// Begins to write, 50 times a second at most, beside the rig's files.
    init(_ rig: Rig) throws {
        path = try rig.folder("probe-\(Rig.unique())") + "/file"
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Rig.Failure(description: "\(path) can't be written.") }
        Thread.detach { [self] in
            let page = [UInt8](repeating: 1, count: 4096)
            while !state.withLock(\.isOver) {
                let start = ContinuousClock.now
                guard pwrite(descriptor, page, page.count, 0) == page.count, fdatasync(descriptor) == 0 else { return }
                let took = (ContinuousClock.now - start).milliseconds
                state.withLock { $0.milliseconds.append(took) }
                usleep(20_000)
            }
        }
    }

    deinit { close(descriptor) }

    /// Ends the probe and prints its figures.
    func report(_ report: Report) {
        let samples = state.withLock { state in
            state.isOver = true
            return Samples(state.milliseconds)
        }
        report.row("  4 KB made durable beside it, median", samples, unit: "ms", places: 1)
        report.row("  4 KB made durable beside it, p99", samples, value: samples.percentile(0.99), unit: "ms", places: 1)
    }
}
