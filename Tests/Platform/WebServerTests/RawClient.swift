import CLinux
import Dispatch
import Glibc
import TestKit

/// A client that sends exactly the bytes a test wants, and sees exactly what comes back.
///
/// Its calls block a dispatch queue of its own, never Swift's pool, where the server's handlers run.
final class RawClient: @unchecked Sendable {
    // @unchecked: `buffer` and `start` are touched on the queue only.
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "client")
    private var buffer: [UInt8] = []
    /// Bytes of the buffer that were taken.
    private var start = 0

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Connects to a port of the loopback.
    convenience init(port: Int, receiveBuffer: Int? = nil) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var size = receiveBuffer.map(Int32.init) { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        try self.init(descriptor, isConnected: isConnected)
    }

    /// Connects to a socket in the file system.
    convenience init(unix path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        try self.init(descriptor, isConnected: isConnected)
    }

    private init(_ descriptor: Int32, isConnected: Bool) throws {
        self.descriptor = descriptor
        guard isConnected else { throw Failure(description: "can't connect: \(String(cString: strerror(errno)))") }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    // MARK: - Sending

    /// Sends all of it; false when the server closed before.
    @discardableResult
    func send(_ bytes: [UInt8]) async -> Bool {
        await onQueue { _ in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { Glibc.send(self.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                if count <= 0 { return false }
                sent += count
            }
            return true
        }
    }

    @discardableResult
    func send(_ text: String) async -> Bool { await send(Array(text.utf8)) }

    /// Sends as much as the connection takes without waiting, and gives the number of bytes.
    func sendSome(_ bytes: [UInt8]) -> Int {
        max(0, bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) })
    }

    /// Says that nothing more comes; the other direction stays.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends the connection with a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        // A descriptor that is connected to nothing now; the connection's end is reset.
        let nothing = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        dup2(nothing, descriptor)
        close(nothing)
    }

    /// Ends the connection in order.
    func disconnect() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    // MARK: - Receiving

    /// What a server answered.
    struct Answer: Sendable {
        let status: Int
        let head: String
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("\(name.lowercased()):") }
            return line.map { String($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) }
        }
    }

    /// One answer, as HTTP/1.1 frames it.
    func answer(toHead isHead: Bool = false) async throws -> Answer {
        try await onQueue { client in
            let head = String(decoding: try client.take(through: Array("\r\n\r\n".utf8)), as: UTF8.self)
            let status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
            let bare = Answer(status: status, head: head, body: [])
            if isHead || status == 204 || status == 304 || status < 200 { return bare }
            if bare.header("Transfer-Encoding") == "chunked" {
                var body: [UInt8] = []
                while true {
                    let line = String(decoding: try client.take(through: [13, 10]).dropLast(2), as: UTF8.self)
                    guard let count = Int(line, radix: 16) else { throw Failure(description: "no chunk: \(line)") }
                    body += try client.take(count)
                    _ = try client.take(2)
                    if count == 0 { return Answer(status: status, head: head, body: body) }
                }
            }
            return Answer(status: status, head: head, body: try client.take(Int(bare.header("Content-Length") ?? "") ?? 0))
        }
    }

    /// Sends a request and gives its answer.
    func ask(_ request: String) async throws -> Answer {
        await send(request)
        return try await answer(toHead: request.hasPrefix("HEAD "))
    }

    /// Exactly so many bytes.
    func receive(_ count: Int) async throws -> [UInt8] { try await onQueue { try $0.take(count) } }

    /// All until the server closes, in order or by a reset.
    func receiveToEnd() async throws -> String {
        try await onQueue { client in
            while try client.fill() {}
            defer { (client.buffer, client.start) = ([], 0) }
            return client.unread
        }
    }

    /// Whether the server closes the connection, without sending anything more.
    func isClosed() async -> Bool { await onQueue { client in (try? client.fill()) == false && client.count == 0 } }

    // MARK: - On the queue

    private func onQueue<T: Sendable>(_ work: @escaping @Sendable (RawClient) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work(self) }) }
        }
    }

    private func onQueue<T: Sendable>(_ work: @escaping @Sendable (RawClient) -> T) async -> T {
        await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: work(self)) } }
    }

    /// Reads more; false at the end.
    private func fill() throws -> Bool {
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        let count = withUnsafeTemporaryAllocation(byteCount: 256 * 1024, alignment: 1) { piece in
            let count = recv(descriptor, piece.baseAddress, piece.count, 0)
            if count > 0 { buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece[..<count])) }
            return count
        }
        if count < 0, errno == EAGAIN { throw Failure(description: "nothing came in time; before it: \(unread.suffix(200))") }
        return count > 0
    }

    private var count: Int { buffer.count - start }
    private var unread: String { String(decoding: buffer[start...], as: UTF8.self) }

    private func take(_ wanted: Int) throws -> [UInt8] {
        while count < wanted { guard try fill() else { throw Failure(description: "closed after \(count) of \(wanted) bytes") } }
        defer { start += wanted }
        return Array(buffer[start..<start + wanted])
    }

    private func take(through end: [UInt8]) throws -> [UInt8] {
        var searched = 0
        while true {
            while searched + end.count <= count {
                if buffer[(start + searched)...].starts(with: end) { return try take(searched + end.count) }
                searched += 1
            }
            guard try fill() else { throw Failure(description: "closed; before it: \(unread.suffix(200))") }
        }
    }
}
