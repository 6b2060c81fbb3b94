internal import CLinux
internal import Dispatch
internal import Glibc

/// Reads a pipe to its end and hands over the pieces.
final class PipeReader: @unchecked Sendable {
    // @unchecked: `watch` is touched on `queue` only.
    private let descriptor: Int32
    private let receive: @Sendable ([UInt8]) -> Void
    private let queue = DispatchQueue(label: "slipway.pipe")
    private var watch: ReadWatch?

    init(descriptor: Int32, receive: @escaping @Sendable ([UInt8]) -> Void) {
        self.descriptor = descriptor
        self.receive = receive
    }

    func begin() {
        _ = slipway_set_nonblocking(descriptor)
        queue.async { [self] in
            do throws(HostError) {
                // Keeps this object alive until the stream ended.
                watch = try ReadWatch(descriptor: descriptor, queue: queue) { [self] in
                    if !drain() { end() }
                }
            } catch {
                end()
            }
        }
    }

    /// Hands over what is in the pipe now and ends the stream, though someone else may still hold the other end open.
    func finish() {
        queue.async { [self] in
            guard watch != nil else { return }
            _ = drain()
            end()
        }
    }

    private func end() {
        watch?.cancel()
        watch = nil
        close(descriptor)
        receive([])
    }

    func abandon() { close(descriptor) }

    /// Hands over what is there; false at the end of the stream.
    private func drain() -> Bool {
        while true {
            var count = 0
            let piece = [UInt8](unsafeUninitializedCapacity: 64 * 1024) { buffer, used in
                count = read(descriptor, buffer.baseAddress, buffer.count)
                used = max(0, count)
            }
            if count > 0 {
                receive(piece)
            } else if count < 0 && errno == EINTR {
                continue
            } else {
                return count < 0 && errno == EAGAIN
            }
        }
    }
}
