internal import CMicroHTTPD
internal import Glibc
internal import Host

/// Gives one answer to libmicrohttpd; on its connection's thread.
final class ResponseSender {
    /// Longer bodies are copied piece by piece as they are sent.
    private static let copyLimit = 64 * 1024
    private static let pieceSize = 32 * 1024

    private let core: ServerCore
    fileprivate let connection: Connection
    fileprivate let handoff: Handoff
    fileprivate let pipe: ResponsePipe?
    fileprivate var bytes: [UInt8] = []
    /// Of a stream, when it was announced.
    fileprivate var length: Int?
    /// Bytes of the body that were handed to the connection.
    fileprivate(set) var byteCount = 0

    init(core: ServerCore, connection: Connection, handoff: Handoff, pipe: ResponsePipe?) {
        self.core = core
        self.connection = connection
        self.handoff = handoff
        self.pipe = pipe
    }

    /// Queues the answer.
    ///
    /// - Parameters:
    ///   - response: What the handler, or the server itself, says.
    ///   - request: Nil when its header was refused.
    ///   - isHTTP11: Older clients can't have a WebSocket.
    ///   - mustClose: The connection isn't used again.
    ///   - library: The connection.
    ///   - onStatus: Gets the status that is really sent.
    /// - Returns: For the library: `.NO` closes the connection.
    func send(
        _ response: Response,
        to request: Request?,
        isHTTP11: Bool,
        mustClose: Bool,
        _ library: OpaquePointer,
        onStatus: (Int) -> Void
    ) -> MHD_Result {
        var response = response
        var made: OpaquePointer?
        if case .webSocket(let options, let serve) = response.body {
            switch Handshake.accept(request, isHTTP11: isHTTP11) {
            case .fine(let key):
                made = Handshake.makeResponse(key, core: core, connection: connection, options: options, serve)
            case .refused(let refusal): response = refusal
            }
        }
        if !(200...599).contains(response.status) && made == nil || !response.headers.allSatisfy(ResponseHeader.isSane) {
            response = .text("The server made an answer that can't be sent.\n", status: 500)
        }
        let isHead = request?.method == "HEAD"
        guard let queued = made ?? makeResponse(response, isHead: isHead) else { return .NO }
        defer { MHD_destroy_response(queued) }
        for field in response.headers where !ResponseHeader.isReserved(field.name) {
            // An empty value can't be added, and says nothing.
            MHD_add_response_header(queued, field.name, field.value)
        }
        if let request { MHD_add_response_header(queued, "X-Request-Id", request.id) }
        if mustClose, made == nil { MHD_add_response_header(queued, "Connection", "close") }
        let status = made == nil ? response.status : 101
        onStatus(status)
        return MHD_queue_response(library, UInt32(status), queued)
    }

    private func makeResponse(_ response: Response, isHead: Bool) -> OpaquePointer? {
        switch response.body {
        case .bytes(let bytes):
            if !isHead { byteCount = bytes.count }
            if bytes.count <= Self.copyLimit {
                return bytes.withUnsafeBytes { memory in
                    MHD_create_response_from_buffer(
                        memory.count,
                        UnsafeMutableRawPointer(mutating: memory.baseAddress),
                        memory.isEmpty ? .RESPMEM_PERSISTENT : .RESPMEM_MUST_COPY
                    )
                }
            }
            self.bytes = bytes
            return makeFromCallback(UInt64(bytes.count), ResponseReader.bytes)
        case .file(let file):
            guard let descriptor = file.duplicateDescriptor() else { return nil }
            let count = file.byteCount
            if !isHead { byteCount = count }
            guard let made = MHD_create_response_from_fd64(UInt64(count), descriptor) else {
                close(descriptor)
                return nil
            }
            return made
        case .stream(let length, _):
            self.length = length
            let made = makeFromCallback(length.map { UInt64($0) } ?? UInt64.max, ResponseReader.pipe)
            // Asked for a header only, the library would send the last chunk of no body. As to an old client it sends none, and closes.
            if isHead, length == nil, let made { slipway_mhd_answer_as_1_0(made) }
            return made
        case .webSocket: return nil
        }
    }

    private func makeFromCallback(_ size: UInt64, _ read: MHD_ContentReaderCallback) -> OpaquePointer? {
        let context = Unmanaged.passRetained(self)
        guard let made = MHD_create_response_from_callback(size, Self.pieceSize, read, context.toOpaque(), ResponseReader.free) else {
            context.release()
            return nil
        }
        return made
    }
}

/// What libmicrohttpd reads a body by; the context is the sender, retained until `free`.
private enum ResponseReader {
    static let endOfBody = -1
    static let brokenBody = -2

    /// Ends the connection in the middle of a body.
    ///
    /// Told that the body is broken, the library (0.9.75) would close the connection and then forget it until its next timeout. So the
    /// connection is shut down first; what it is given then can't be sent, and that failure it handles at once.
    static func cut(_ sender: ResponseSender, _ target: UnsafeMutablePointer<CChar>) -> Int {
        shutdown(sender.connection.descriptor, Int32(SHUT_RDWR))
        target.pointee = 0
        return 1
    }

    static let bytes: MHD_ContentReaderCallback = { context, position, target, capacity in
        guard let sender = sender(context), let target else { return brokenBody }
        let start = Int(position)
        let count = min(capacity, sender.bytes.count - start)
        sender.bytes.withUnsafeBytes {
            UnsafeMutableRawBufferPointer(start: target, count: count).copyBytes(from: $0[start..<start + count])
        }
        return count
    }

    static let pipe: MHD_ContentReaderCallback = { context, position, target, capacity in
        guard let sender = sender(context), let target, let pipe = sender.pipe else { return brokenBody }
        while true {
            switch pipe.pull(into: UnsafeMutableRawPointer(target), capacity: capacity) {
            case .bytes(let count):
                sender.byteCount += count
                return count
            case .end: return sender.length.map { UInt64($0) > position } ?? false ? cut(sender, target) : endOfBody
            case .failed: return cut(sender, target)
            case .nothingYet:
                // Something may have come between the look and the sleep.
                if sender.handoff.sleep(for: pipe) { return 0 }
            }
        }
    }

    static let free: MHD_ContentReaderFreeCallback = { context in
        guard let context else { return }
        Unmanaged<ResponseSender>.fromOpaque(context).release()
    }

    private static func sender(_ context: UnsafeMutableRawPointer?) -> ResponseSender? {
        context.map { Unmanaged<ResponseSender>.fromOpaque($0).takeUnretainedValue() }
    }
}
