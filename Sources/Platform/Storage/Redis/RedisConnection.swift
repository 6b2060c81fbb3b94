internal import CRedis
internal import Dispatch
internal import Glibc
internal import Host

/// Owns one connection of hiredis; used on one queue, where it blocks.
///
/// - SeeAlso: <https://github.com/redis/hiredis/blob/v0.14.1/README.md>
final class RedisConnection {
    private let context: UnsafeMutablePointer<redisContext>
    private let server: String

    /// Connects, logs in and chooses the database.
    ///
    /// - Throws: ``RedisError`` with the reason why there is no connection.
    init(_ location: RedisLocation, options: RedisOptions) throws(RedisError) {
        BrokenPipe.blockOnThisThread()
        server = location.description
        let timeout = options.connectTimeout.timeValue
        let opened =
            switch location.server {
            case .tcp(let host, let port): redisConnectWithTimeout(host, port, timeout)
            case .socket(let path): redisConnectUnixWithTimeout(path, timeout)
            }
        guard let opened else { throw RedisError(.unreachable(server: server), cause: "out of memory") }
        context = opened
        if opened.pointee.err != 0 { throw RedisError(.unreachable(server: server), cause: Self.message(opened)) }
        // Hiredis opens it so that child processes would inherit it.
        _ = slipway_redis_keep_from_children(opened.pointee.fd)
        redisSetTimeout(opened, options.commandTimeout.timeValue)
        if case .tcp = location.server { redisEnableKeepAlive(opened) }
        if let password = location.password {
            let answer = try run(["AUTH"] + (location.user.map { [$0] } ?? []) + [password])
            guard answer == .status("OK") else { throw RedisError(.authenticationFailed(server: server)) }
        }
        // Also tells a server that wants a password, and one that is no Redis.
        let chosen = try run(["SELECT", "\(location.database)"])
        switch chosen {
        case .status("OK"): break
        case .error(let message) where message.hasPrefix("NOAUTH") || message.hasPrefix("NOPERM"):
            throw RedisError(.authenticationFailed(server: server))
        case .error(let message): throw RedisError(.refused(server: server, code: RedisAnswer.code(of: message)))
        default: throw RedisError(.unexpectedAnswer(server: server))
        }
    }

    deinit { redisFree(context) }

    /// Whether the server has closed it, or it was used up by an error.
    var isBroken: Bool {
        guard context.pointee.err == 0 else { return true }
        // Nothing was asked, so nothing can be there to read but the end.
        var descriptor = pollfd(fd: context.pointee.fd, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) != 0
    }

    /// Sends a command and waits for its answer.
    ///
    /// - Throws: ``RedisError/Reason/connectionLost(server:)``; the connection is of no more use then.
    func run(_ words: [String]) throws(RedisError) -> RedisAnswer { try run([words])[0] }

    /// Sends commands together and waits for the answers.
    ///
    /// - Returns: As many answers as commands, in their order.
    /// - Throws: ``RedisError/Reason/connectionLost(server:)``; the connection is of no more use then.
    func run(_ commands: [[String]]) throws(RedisError) -> [RedisAnswer] {
        BrokenPipe.blockOnThisThread()
        for words in commands { try append(words) }
        var answers: [RedisAnswer] = []
        while answers.count < commands.count {
            guard let answer = try answer(redisGetReply) else { throw lost }
            answers.append(answer)
        }
        return answers
    }

    /// Sends a command whose answers are ``received()``.
    ///
    /// - Throws: ``RedisError/Reason/connectionLost(server:)``; the connection is of no more use then.
    func send(_ words: [String]) throws(RedisError) {
        BrokenPipe.blockOnThisThread()
        try append(words)
        var isDone: Int32 = 0
        while isDone == 0 {
            guard redisBufferWrite(context, &isDone) == REDIS_OK else { throw lost }
        }
    }

    /// Takes what has come: called when the socket is readable, or it blocks.
    ///
    /// - Throws: ``RedisError/Reason/connectionLost(server:)``; the connection is of no more use then.
    func received() throws(RedisError) -> [RedisAnswer] {
        guard redisBufferRead(context) == REDIS_OK else { throw lost }
        var answers: [RedisAnswer] = []
        while let answer = try answer(redisGetReplyFromReader) { answers.append(answer) }
        return answers
    }

    /// Calls `onReadable` whenever something has come or the connection broke; until what it returns is dropped.
    func watch(on queue: DispatchQueue, onReadable: @escaping @Sendable () -> Void) throws(RedisError) -> ReadWatch {
        do throws(HostError) {
            return try ReadWatch(descriptor: context.pointee.fd, queue: queue, onReadable: onReadable)
        } catch {
            throw RedisError(.unreachable(server: server), cause: error.description)
        }
    }

    // MARK: Details

    private var lost: RedisError { RedisError(.connectionLost(server: server), cause: Self.message(context)) }

    private func append(_ words: [String]) throws(RedisError) {
        let copies = words.map { word in
            let bytes = Array(word.utf8)
            let memory = UnsafeMutableBufferPointer<CChar>.allocate(capacity: max(1, bytes.count))
            for (index, byte) in bytes.enumerated() { memory[index] = CChar(bitPattern: byte) }
            return (memory: memory, count: bytes.count)
        }
        defer { for copy in copies { copy.memory.deallocate() } }
        var pointers = copies.map { UnsafePointer($0.memory.baseAddress) }
        let lengths = copies.map(\.count)
        guard redisAppendCommandArgv(context, Int32(words.count), &pointers, lengths) == REDIS_OK else { throw lost }
    }

    /// The next answer that `take` gives; nil when it has none yet.
    private func answer(
        _ take: (UnsafeMutablePointer<redisContext>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> Int32
    ) throws(RedisError) -> RedisAnswer? {
        var reply: UnsafeMutableRawPointer?
        guard take(context, &reply) == REDIS_OK else { throw lost }
        guard let reply else { return nil }
        defer { freeReplyObject(reply) }
        return RedisAnswer(reply.assumingMemoryBound(to: redisReply.self).pointee)
    }

    /// Hiredis' own words, which hold nothing that was sent.
    private static func message(_ context: UnsafeMutablePointer<redisContext>) -> String {
        withUnsafeBytes(of: context.pointee.errstr) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension Duration {
    fileprivate var timeValue: timeval {
        timeval(tv_sec: Int(components.seconds), tv_usec: Int(components.attoseconds / 1_000_000_000_000))
    }
}
