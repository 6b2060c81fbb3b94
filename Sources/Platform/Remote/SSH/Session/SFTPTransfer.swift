internal import CSSH
internal import Sealing

/// Writes one file by SFTP, version 3, on a channel of its subsystem.
///
/// Not by libssh's own functions, which block or spin where the session doesn't block, and can't be cancelled.
///
/// - SeeAlso: <https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02>;
///   <https://github.com/openssh/openssh-portable/blob/master/PROTOCOL>, section 4
struct SFTPTransfer {
    private enum Kind {
        static let initialize: UInt8 = 1
        static let version: UInt8 = 2
        static let open: UInt8 = 3
        static let close: UInt8 = 4
        static let write: UInt8 = 6
        static let setStatus: UInt8 = 10
        static let remove: UInt8 = 13
        static let status: UInt8 = 101
        static let handle: UInt8 = 102
        static let extended: UInt8 = 200
    }

    /// The largest answer that is taken; those to the messages below are short.
    private static let answerLimit = 64 * 1024
    /// What every server takes in one message.
    private static let pieceByteCount = 32 * 1024
    /// How many pieces are on their way at once.
    private static let window = 16

    let session: SSHSession
    let channel: SSHChannel
    let path: String
    let deadline: SSHDeadline
    private var lastID: UInt32 = 0
    private var extensions: Set<String> = []

    init(_ session: SSHSession, _ channel: SSHChannel, path: String, deadline: SSHDeadline) {
        self.session = session
        self.channel = channel
        // The subsystem begins in the user's home, and knows no tilde.
        self.path = path.hasPrefix("~/") ? String(path.dropFirst(2)) : path
        self.deadline = deadline
    }

    /// Writes the file beside its place and moves it there; where the server can't replace a file by another, in its place.
    mutating func write(_ bytes: [UInt8], mode: UInt32, suffix: String) throws(SSHError) {
        try begin()
        let movesIntoPlace = extensions.contains("posix-rename@openssh.com")
        let target = movesIntoPlace ? "\(path).\(suffix)" : path
        let handle = try open(target, mode: mode)
        do throws(SSHError) {
            try fill(handle, bytes)
            // The mode of the opening is cut by the umask there.
            try expectSuccess(
                ask(Kind.setStatus) {
                    $0.append(handle); $0.append(UInt32(4)); $0.append(mode)
                }
            )
            if extensions.contains("fsync@openssh.com") {
                try expectSuccess(
                    ask(Kind.extended) {
                        $0.append("fsync@openssh.com".utf8); $0.append(handle)
                    }
                )
            }
            try expectSuccess(ask(Kind.close) { $0.append(handle) })
            if movesIntoPlace {
                try expectSuccess(
                    ask(Kind.extended) { [path] in
                        $0.append("posix-rename@openssh.com".utf8)
                        $0.append(target.utf8)
                        $0.append(path.utf8)
                    }
                )
            }
        } catch {
            // Best effort: the connection may be what failed.
            if movesIntoPlace, case .uploadRefused = error.reason { _ = try? ask(Kind.remove) { $0.append(target.utf8) } }
            throw error
        }
    }

    // MARK: - Messages

    private mutating func begin() throws(SSHError) {
        try send(Kind.initialize) { $0.append(UInt32(3)) }
        let answer = try receive()
        guard answer.kind == Kind.version else { throw session.error(.protocolViolation("its SFTP subsystem gives no version")) }
        extensions = answer.body.withUnsafeBytes { bytes in
            var reader = SSHReader(bytes)
            var names: Set<String> = []
            guard reader.number() != nil else { return names }
            while let name = reader.text(), reader.field() != nil { names.insert(name) }
            return names
        }
    }

    private mutating func open(_ target: String, mode: UInt32) throws(SSHError) -> [UInt8] {
        let answer = try ask(Kind.open) { message in
            message.append(target.utf8)
            // Write, create, cut off what was there; and the permissions that follow.
            message.append(UInt32(0x02 | 0x08 | 0x10))
            message.append(UInt32(4))
            message.append(mode)
        }
        guard answer.kind == Kind.handle else { throw refusal(answer) }
        let handle = answer.body.withUnsafeBytes { bytes -> [UInt8]? in
            var reader = SSHReader(bytes)
            return reader.number() == nil ? nil : reader.field().map(Array.init)
        }
        guard let handle else { throw session.error(.protocolViolation("its SFTP subsystem gives no handle")) }
        return handle
    }

    private mutating func fill(_ handle: [UInt8], _ bytes: [UInt8]) throws(SSHError) {
        var awaitedCount = 0
        for start in stride(from: 0, to: bytes.count, by: Self.pieceByteCount) {
            if awaitedCount == Self.window {
                try expectSuccess(receive())
                awaitedCount -= 1
            }
            let piece = bytes[start..<min(start + Self.pieceByteCount, bytes.count)]
            try send(Kind.write, capacity: piece.count + handle.count + 64) { message in
                message.append(handle)
                message.append(UInt64(start))
                message.append(piece)
            }
            awaitedCount += 1
        }
        for _ in 0..<awaitedCount { try expectSuccess(receive()) }
    }

    private mutating func ask(_ kind: UInt8, _ fill: (inout SSHWriter) -> Void) throws(SSHError) -> (kind: UInt8, body: [UInt8]) {
        try send(kind, fill)
        return try receive()
    }

    private mutating func send(_ kind: UInt8, capacity: Int = 256, _ fill: (inout SSHWriter) -> Void) throws(SSHError) {
        var body = SSHWriter(capacity: capacity)
        body.append(raw: [kind])
        // Only the first message has no number.
        if kind != Kind.initialize {
            lastID &+= 1
            body.append(lastID)
        }
        fill(&body)
        var message = SSHWriter(capacity: body.bytes.count + 4)
        message.append(body.bytes)
        try session.write(message.bytes, to: channel, until: deadline)
    }

    private func receive() throws(SSHError) -> (kind: UInt8, body: [UInt8]) {
        while true {
            let count = channel.standardOutput.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            if channel.standardOutput.count >= 4 {
                guard (1...Self.answerLimit).contains(count) else {
                    // A shell's greeting on a channel that should have none is the common case.
                    throw session.error(
                        .protocolViolation("its SFTP subsystem answers with something else: look for output of the user's .bashrc")
                    )
                }
                if channel.standardOutput.count >= 4 + count {
                    let message = channel.standardOutput[4..<4 + count]
                    defer { channel.standardOutput.removeFirst(4 + count) }
                    return (message[4], Array(message.dropFirst()))
                }
            }
            if channel.isClosed || channel.isEnded {
                throw session.error(
                    .uploadRefused(path: path, why: "the server ended its SFTP subsystem: check Subsystem in its sshd_config")
                )
            }
            try session.wait(until: deadline)
        }
    }

    private func expectSuccess(_ answer: (kind: UInt8, body: [UInt8])) throws(SSHError) {
        guard let code = status(answer), code.number == 0 else { throw refusal(answer) }
    }

    private func refusal(_ answer: (kind: UInt8, body: [UInt8])) -> SSHError {
        guard let status = status(answer) else {
            return session.error(.protocolViolation("its SFTP subsystem gives an answer of kind \(answer.kind)"))
        }
        let why =
            switch status.number {
            case 2: "there is no such folder"
            case 3: "the user may not write there"
            case 4 where status.message.isEmpty || status.message == "Failure":
                "the server only says that it failed: check that the disk has room and that the path is no folder"
            default: status.message.isEmpty ? "error \(status.number)" : status.message
            }
        return session.error(.uploadRefused(path: path, why: why))
    }

    private func status(_ answer: (kind: UInt8, body: [UInt8])) -> (number: UInt32, message: String)? {
        guard answer.kind == Kind.status else { return nil }
        return answer.body.withUnsafeBytes { bytes in
            var reader = SSHReader(bytes)
            guard reader.number() != nil, let number = reader.number() else { return nil }
            return (number, PrintableText(reader.text() ?? "").value)
        }
    }
}
