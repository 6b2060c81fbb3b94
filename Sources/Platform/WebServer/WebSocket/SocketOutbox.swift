internal import CLinux
internal import Glibc

/// What waits for one client of a WebSocket; on the loop's thread.
struct SocketOutbox {
    private var pieces: [[UInt8]] = []
    private var start = 0
    /// Bytes of the first piece that are gone.
    private var offset = 0
    /// Bytes that wait.
    private(set) var byteCount = 0
    /// When the client last took something of it, or something began to wait.
    private(set) var lastTaken = ContinuousClock.now

    var isEmpty: Bool { start == pieces.count }

    mutating func append(_ bytes: [UInt8]) {
        if isEmpty { lastTaken = .now }
        pieces.append(bytes)
        byteCount += bytes.count
    }

    /// Forgets what waits, but for the frame that has begun to go out.
    mutating func dropWaiting() {
        guard !isEmpty else { return }
        let begun = offset > 0 ? [pieces[start]] : []
        pieces = begun
        start = 0
        byteCount = begun.reduce(-offset) { $0 + $1.count }
    }

    /// Sends bytes before which nothing waits; what the connection doesn't take now waits.
    ///
    /// - Returns: How many bytes have left; nil when the connection is broken.
    mutating func sendFirst(_ bytes: [UInt8], to descriptor: Int32) -> Int? {
        var count = 0
        repeat {
            count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        } while count < 0 && errno == EINTR
        if count < 0, errno != EAGAIN { return nil }
        count = max(0, count)
        if count < bytes.count {
            append(bytes)
            offset = count
            byteCount -= count
        }
        return count
    }

    /// Sends some of what waits.
    ///
    /// - Returns: How many bytes have left, 0 when the connection takes none now; nil when it is broken.
    mutating func send(to descriptor: Int32, _ scratch: UnsafeMutableRawBufferPointer) -> Int? {
        while true {
            let count = sendSome(descriptor, scratch)
            if count >= 0 {
                advance(count)
                return count
            }
            if errno != EINTR { return errno == EAGAIN ? 0 : nil }
        }
    }

    // MARK: - Details

    /// One long piece as it lies there, or many short ones together.
    private func sendSome(_ descriptor: Int32, _ scratch: UnsafeMutableRawBufferPointer) -> Int {
        let first = pieces[start]
        if start + 1 == pieces.count || first.count - offset >= scratch.count / 2 {
            return first.withUnsafeBytes { bytes in
                Glibc.send(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
        }
        var count = 0
        var skipped = offset
        for piece in pieces[start...] {
            let part = min(piece.count - skipped, scratch.count - count)
            piece.withUnsafeBytes { bytes in
                scratch[count..<count + part].copyBytes(from: bytes[skipped..<skipped + part])
            }
            count += part
            skipped = 0
            if count == scratch.count { break }
        }
        return Glibc.send(descriptor, scratch.baseAddress, count, Int32(MSG_NOSIGNAL))
    }

    private mutating func advance(_ count: Int) {
        if count > 0 { lastTaken = .now }
        byteCount -= count
        var left = count
        while left > 0 {
            let rest = pieces[start].count - offset
            guard left >= rest else {
                offset += left
                break
            }
            left -= rest
            pieces[start] = []
            start += 1
            offset = 0
        }
        if isEmpty {
            pieces.removeAll(keepingCapacity: pieces.capacity <= 16)
            start = 0
        } else if start > 64, start > pieces.count / 2 {
            pieces.removeFirst(start)
            start = 0
        }
    }
}
