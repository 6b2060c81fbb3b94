internal import CLinux
internal import CSSH
internal import Glibc
internal import Host

/// libssh's session of one connection; made, used and freed on the connection's thread alone.
///
/// libssh never blocks here: each call that says `SSH_AGAIN` is made again after ``wait(until:)``, which waits with poll(2) for the server,
/// the bell of the ``SSHMailbox`` and the next deadline.
///
/// - SeeAlso: docs/decisions/0014
final class SSHSession {
    let address: SSHAddress
    let options: SSHOptions
    let mailbox: SSHMailbox

    /// Whether nobody waits for what is being done.
    var isGivenUp: @Sendable () -> Bool
    /// Set once the server is reached; freeing it closes the descriptor.
    var handle: OpaquePointer?
    /// Set once logged in: calls back what comes for channels.
    var events: OpaquePointer?
    private(set) var isLost = false
    /// Channels of commands that were given up and that the server has not closed yet; what still comes on them is dropped.
    var abandoned: [SSHChannel] = []

    /// Counts the bytes of the socket; libssh writes to it.
    private let counter = UnsafeMutablePointer<ssh_counter_struct>.allocate(capacity: 1)
    private var heardCount: UInt64 = 0
    private var lastHeard = ContinuousClock.now
    private var lastAsked = ContinuousClock.now

    init(_ address: SSHAddress, _ options: SSHOptions, _ mailbox: SSHMailbox, isGivenUp: @escaping @Sendable () -> Bool) {
        self.address = address
        self.options = options
        self.mailbox = mailbox
        self.isGivenUp = isGivenUp
        counter.initialize(to: ssh_counter_struct())
    }

    deinit {
        abandoned = []
        if let events {
            if let handle { ssh_event_remove_session(events, handle) }
            ssh_event_free(events)
        }
        // Not ssh_disconnect: with a descriptor of ours, libssh 0.10 leaves it open then, and forgets its own memory.
        ssh_free(handle)
        counter.deallocate()
    }

    func error(_ reason: SSHError.Reason, cause: String? = nil) -> SSHError { SSHError(reason, address: address, cause: cause) }

    /// What libssh says of its last failure; some of it are the server's own words.
    var libraryMessage: String? {
        guard let handle, let text = ssh_get_error(UnsafeMutableRawPointer(handle)) else { return nil }
        let message = PrintableText(String(cString: text)).value
        return message.isEmpty ? nil : message
    }

    /// The connection is over: nothing works on it any more.
    func lose() { isLost = true }

    func checkAlive() throws(SSHError) {
        if isLost { throw error(.connectionLost, cause: libraryMessage) }
    }

    /// Counts the libssh session from now on.
    func begin(_ handle: OpaquePointer) {
        self.handle = handle
        ssh_set_counters(handle, counter, nil)
    }

    // MARK: - Waiting

    /// Makes a call of libssh's until it has an answer.
    ///
    /// - Returns: The answer, never `SSH_AGAIN`.
    func repeating(until deadline: SSHDeadline, _ call: () -> Int32) throws(SSHError) -> Int32 {
        while true {
            let code = call()
            guard code == SSH_AGAIN else { return code }
            try wait(until: deadline)
        }
    }

    /// Waits until something moved, and lets libssh look at it.
    ///
    /// - Throws: The deadline's reason, `cancelled`, or `connectionLost` when the connection was already over.
    func wait(until deadline: SSHDeadline) throws(SSHError) {
        if isGivenUp() || mailbox.isClosing { throw error(.cancelled) }
        if deadline.isOver { throw error(deadline.reason) }
        try move(atMost: deadline.milliseconds)
    }

    /// Waits until something moved or the bell rang.
    func move(atMost milliseconds: Int32) throws(SSHError) {
        // A server's goodbye makes libssh close the socket, and then wait on none.
        if let handle, ssh_get_fd(handle) < 0 { isLost = true }
        try checkAlive()
        let limit = min(milliseconds, try keepAlive())
        let events: Int32 = handle.map { ssh_get_poll_flags($0) } ?? 0
        let mustWrite = events & SSH_WRITE_PENDING != 0
        let found = Self.poll(
            handle.map { ssh_get_fd($0) } ?? -1,
            Int16(POLLIN) | (mustWrite ? Int16(POLLOUT) : 0),
            bell: mailbox.bell,
            milliseconds: limit
        )
        if found.isBellRung { mailbox.hear() }
        if found.events != 0 { pump() }
    }

    /// Lets libssh read and write what is there.
    private func pump() {
        guard let handle else { return }
        guard let events else {
            // Not logged in yet: the call that is being repeated does it.
            return
        }
        // A turn reads 4 KB; a server that never stops must not keep deadlines from being looked at.
        for _ in 0..<64 {
            let code = ssh_event_dopoll(events, 0)
            if code == SSH_ERROR || ssh_get_fd(handle) < 0 || ssh_is_connected(handle) == 0 {
                isLost = true
                return
            }
            if code == SSH_AGAIN { return }
        }
    }

    /// Asks a silent server for a sign of life.
    ///
    /// - Returns: The milliseconds until the next look.
    private func keepAlive() throws(SSHError) -> Int32 {
        guard let handle, events != nil else { return .max }
        let now = ContinuousClock.now
        if counter.pointee.in_bytes != heardCount {
            heardCount = counter.pointee.in_bytes
            lastHeard = now
        }
        if now - lastHeard >= options.keepAlive * 3 {
            isLost = true
            throw error(.connectionLost, cause: "no answer to keep-alive messages")
        }
        if now - max(lastHeard, lastAsked) >= options.keepAlive {
            lastAsked = now
            // The first call takes the answer to the last question, if there was one; the second asks.
            ssh_send_keepalive(handle)
            ssh_send_keepalive(handle)
        }
        return max(1, (options.keepAlive - (now - max(lastHeard, lastAsked))).pollMilliseconds)
    }

    /// Waits for a descriptor or the bell.
    static func poll(_ descriptor: Int32, _ events: Int16, bell: Int32, milliseconds: Int32) -> (events: Int16, isBellRung: Bool) {
        var waited = [pollfd(fd: descriptor, events: events, revents: 0), pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
        // An interruption is as good as nothing: whoever waits looks again.
        guard Glibc.poll(&waited, 2, milliseconds) > 0 else { return (0, false) }
        return (waited[0].revents, waited[1].revents != 0)
    }
}
