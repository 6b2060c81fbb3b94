internal import CLinux
internal import Dispatch
internal import Glibc

/// Reads a pipe to its end and hands over the pieces.
final class PipeReader: @unchecked Sendable {
    // @unchecked: `source` is set before it is activated and only read after, on its own queue.
    private let descriptor: Int32
    private let receive: @Sendable ([UInt8]) -> Void
    private let queue = DispatchQueue(label: "slipway.pipe")
    private var source: (any DispatchSourceRead)?

    init(descriptor: Int32, receive: @escaping @Sendable ([UInt8]) -> Void) {
        self.descriptor = descriptor
        self.receive = receive
    }

    func begin() {
        _ = slipway_set_nonblocking(descriptor)
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        // The handlers keep this object alive until the stream ended; libdispatch lets go of them then.
        source.setEventHandler { [self] in
            if !drain() { self.source?.cancel() }
        }
        source.setCancelHandler { [descriptor, receive] in
            close(descriptor)
            receive([])
        }
        self.source = source
        source.activate()
    }

    /// Hands over what is in the pipe now and ends the stream, though someone else may still hold the other end open.
    func finish() {
        queue.async { [self] in
            guard let source, !source.isCancelled else { return }
            _ = drain()
            source.cancel()
        }
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
