internal import CLinux
internal import Glibc
internal import Host

/// A connection to a server, logged in: runs commands and writes files there, one after the other.
///
/// It has a thread of its own, which ends with the connection; nothing runs on Swift's threads. What is asked while something runs waits
/// for its turn. Cancelling the waiting task ends an operation at once, and the connection stays usable. One that nobody holds any more closes.
package final class SSHConnection: Sendable {
    package let address: SSHAddress
    package let user: String
    /// The key that the server showed, and proved to have.
    package let hostKey: SSHHostKey
    private let mailbox: SSHMailbox

    private init(address: SSHAddress, user: String, hostKey: SSHHostKey, mailbox: SSHMailbox) {
        self.address = address
        self.user = user
        self.hostKey = hostKey
        self.mailbox = mailbox
    }

    deinit { mailbox.close() }

    /// Connects, checks the server's key, and only then logs in.
    ///
    /// - Parameters:
    ///   - address: A name is looked up; its addresses are tried one after the other.
    ///   - user: The user there.
    ///   - keys: Tried in this order; servers stop listening after a few, most often 6.
    ///   - hostKey: Which server's key is the right one.
    ///   - options: How patient to be.
    /// - Returns: The connection, logged in.
    /// - Throws: ``SSHError``; nothing stays open then.
    package static func open(
        to address: SSHAddress,
        user: String,
        keys: [SSHPrivateKey],
        hostKey: SSHHostKeyPolicy,
        options: SSHOptions = SSHOptions()
    ) async throws(SSHError) -> SSHConnection {
        guard let mailbox = SSHMailbox() else {
            throw SSHError(.failed(String(cString: strerror(errno))), address: address)
        }
        let opening = SSHAnswer<SSHHostKey>()
        let lent = LentKeys(keys)
        // libssh and OpenSSL keep buffers of some kilobytes on the stack, and RSA needs more than the usual small stack.
        let failed = DetachedThread.start(stackByteCount: 512 * 1024) {
            serve(mailbox, address, options, opening) { (session) throws(SSHError) in
                try session.open(user: user, keys: lent.take(), policy: hostKey)
            }
        }
        guard failed == 0 else { throw SSHError(.failed(String(cString: strerror(failed))), address: address) }
        let found = try await opening.value(address: address) { mailbox.close() }
        return SSHConnection(address: address, user: user, hostKey: found, mailbox: mailbox)
    }

    /// Runs a command in the user's shell there.
    ///
    /// - Parameters:
    ///   - command: As the shell takes it; quote what comes from outside with ``SSHShell/quoted(_:)``.
    ///   - input: The command's standard input, which then ends.
    ///   - timeout: After this the command gets SIGTERM and the caller an error.
    ///   - outputLimit: The most bytes of both outputs together that are taken; more end the command.
    /// - Returns: Its outputs and how it ended, also when it failed.
    /// - Throws: ``SSHError/Reason/commandTimedOut(_:)``, ``SSHError/Reason/outputTooLarge(limit:)``,
    ///   ``SSHError/Reason/connectionLost``, ``SSHError/Reason/commandRefused(_:)``, ``SSHError/Reason/cancelled``.
    package func run(
        _ command: String,
        input: [UInt8] = [],
        timeout: Duration = .seconds(30),
        outputLimit: Int = 1 << 20
    ) async throws(SSHError) -> SSHResult {
        try await ask { (session) throws(SSHError) in
            try session.run(command, input: input, timeout: timeout, outputLimit: outputLimit)
        }
    }

    /// Writes a file by SFTP: beside its place first, then moved there, so that nobody sees half of it.
    ///
    /// - Parameters:
    ///   - bytes: The whole content.
    ///   - path: Absolute, or relative to the user's home, which `~/` in front may name. Its folder must exist. A file that is there is replaced.
    ///   - mode: The file's permissions, whatever the umask there: `0o600`.
    ///   - timeout: For all of it.
    /// - Throws: ``SSHError/Reason/uploadRefused(path:why:)``, ``SSHError/Reason/commandTimedOut(_:)``,
    ///   ``SSHError/Reason/connectionLost``, ``SSHError/Reason/cancelled``.
    package func upload(_ bytes: [UInt8], to path: String, mode: UInt32, timeout: Duration = .seconds(60)) async throws(SSHError) {
        try await ask { (session) throws(SSHError) in
            try session.upload(bytes, to: path, mode: mode, timeout: timeout)
        }
    }

    /// Ends the connection and everything that waits on it; returns when its thread has freed everything.
    package func close() async {
        mailbox.close()
        await mailbox.waitForEnd()
    }

    // MARK: - Details

    /// Keys until the login is over; what the thread runs lives as long as the connection, and a moment longer than its end is told.
    private final class LentKeys: @unchecked Sendable {
        // @unchecked: after init only the connection's thread touches it.
        private var keys: [SSHPrivateKey]

        init(_ keys: [SSHPrivateKey]) { self.keys = keys }

        func take() -> [SSHPrivateKey] {
            defer { keys = [] }
            return keys
        }
    }

    private func ask<Value: Sendable>(
        _ work: @escaping @Sendable (SSHSession) throws(SSHError) -> Value
    ) async throws(SSHError) -> Value {
        let answer = SSHAnswer<Value>()
        mailbox.post(
            SSHMailbox.Order(
                perform: { session in answer.give(Result { () throws(SSHError) in try work(session) }) },
                refuse: { answer.give(.failure($0)) },
                isGivenUp: { answer.isGiven }
            )
        )
        return try await answer.value(address: address) { [mailbox] in mailbox.ring() }
    }

    /// The thread of a connection, from the first byte to the last.
    private static func serve(
        _ mailbox: SSHMailbox,
        _ address: SSHAddress,
        _ options: SSHOptions,
        _ opening: SSHAnswer<SSHHostKey>,
        open: (SSHSession) throws(SSHError) -> SSHHostKey
    ) {
        // For whoever looks at the threads of this process.
        pthread_setname_np(pthread_self(), "ssh:\(address.port)")
        var end = SSHError(.cancelled, address: address, cause: "the connection was closed")
        var found: SSHHostKey?
        do throws(SSHError) {
            let session = SSHSession(address, options, mailbox, isGivenUp: { opening.isGiven })
            let key = try open(session)
            found = key
            opening.give(.success(key))
            try work(session, mailbox)
        } catch {
            end = error
        }
        // Everything is freed by now: whoever waits may count.
        mailbox.end(end)
        if found == nil { opening.give(.failure(end)) }
    }

    private static func work(_ session: SSHSession, _ mailbox: SSHMailbox) throws(SSHError) {
        while true {
            switch mailbox.next() {
            case .close: return
            case .order(let order):
                // Nobody waits for one that was cancelled in the line.
                if order.isGivenUp() { continue }
                session.isGivenUp = order.isGivenUp
                order.perform(session)
                try session.checkAlive()
            case .nothing: try session.move(atMost: .max)
            }
        }
    }
}
