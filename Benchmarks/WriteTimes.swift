import CLinux
import Glibc
import Synchronization

/// When each byte of a file that grows was written, as the file's own modification time says: a clock of the kernel, which ticks every 4 ms or less.
///
/// Terraform stamps a line and may write it much later, on a machine that is busy with what Terraform has started.
final class WriteTimes: @unchecked Sendable {
    // @unchecked: the descriptor is touched by the thread only, after the beginning.
    private struct State {
        /// How long the file was, and when the last of it was written; both grow.
        var sizes: [(size: Int, at: Double)] = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let descriptor: Int32

    /// Begins to look, every half millisecond, on a thread of its own; nil when the file can't be opened.
    init?(_ path: String) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        Thread.detach { [self] in look() }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Ends looking.
    func stop() { state.withLock { $0.isOver = true } }

    /// When the byte at an offset had been written, in seconds since 1970.
    func time(ofByteAt offset: Int) -> Double? { state.withLock { $0.sizes.first { $0.size > offset }?.at } }

    private func look() {
        while !state.withLock(\.isOver) {
            var facts = stat()
            if fstat(descriptor, &facts) == 0 {
                let at = Double(facts.st_mtim.tv_sec) + Double(facts.st_mtim.tv_nsec) * 1e-9
                state.withLock { state in
                    if Int(facts.st_size) > state.sizes.last?.size ?? 0 { state.sizes.append((Int(facts.st_size), at)) }
                }
            }
            usleep(500)
        }
    }
}
