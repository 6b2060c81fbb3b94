internal import CSSH

extension SSHSession {
    /// Opens a channel, asks the server to start something on it, lets `body` use it, and closes it whatever happened.
    ///
    /// - Parameters:
    ///   - limit: How many bytes of output are held at once.
    ///   - deadline: For everything but the closing.
    ///   - start: libssh's request, which may say `SSH_AGAIN`.
    ///   - body: Uses the channel.
    /// - Returns: What `body` does.
    /// - Throws: What `body` does, or why there is no channel.
    func withChannel<Value>(
        limit: Int,
        until deadline: SSHDeadline,
        start: (OpaquePointer) -> Int32,
        _ body: (SSHChannel) throws(SSHError) -> Value
    ) throws(SSHError) -> Value {
        try makeRoom()
        guard let handle, let channel = SSHChannel(handle, limit: limit) else { throw error(.failed("out of memory")) }
        try open(channel, until: deadline)
        do throws(SSHError) {
            guard try repeating(until: deadline, { start(channel.handle) }) == SSH_OK else { throw refusal() }
            let value = try body(channel)
            end(channel, isAborted: false)
            return value
        } catch {
            end(channel, isAborted: true)
            throw error
        }
    }

    /// Writes as much as the server takes; stops without an error when the channel is over.
    func write(_ bytes: [UInt8], to channel: SSHChannel, until deadline: SSHDeadline) throws(SSHError) {
        var sentCount = 0
        while sentCount < bytes.count {
            if channel.isClosed || channel.isOverLimit { return }
            let room = Int(ssh_channel_window_size(channel.handle))
            // libssh keeps what the socket doesn't take: not more than one piece at a time.
            if room > 0, !mustFlush {
                let count = min(room, 32 * 1024, bytes.count - sentCount)
                let written = bytes.withUnsafeBytes {
                    ssh_channel_write(channel.handle, $0.baseAddress?.advanced(by: sentCount), UInt32(count))
                }
                if written < 0 { return }
                sentCount += Int(written)
                if written > 0 { continue }
            }
            try wait(until: deadline)
        }
    }

    /// Says that no more input comes.
    func endInput(of channel: SSHChannel, until deadline: SSHDeadline) throws(SSHError) {
        // Its failure means that the channel is over, which whoever reads finds out.
        _ = try repeating(until: deadline) { ssh_channel_send_eof(channel.handle) }
    }

    // MARK: - Details

    private var mustFlush: Bool { handle.map { ssh_get_poll_flags($0) & SSH_WRITE_PENDING != 0 } ?? false }

    private func refusal() -> SSHError {
        if let handle, ssh_get_fd(handle) >= 0, ssh_is_connected(handle) != 0 {
            return error(.commandRefused(libraryMessage ?? "it says no more"), cause: libraryMessage)
        }
        lose()
        return error(.connectionLost, cause: libraryMessage)
    }

    /// Opens a channel to the end, whoever waits: one whose number at the server isn't known yet can't be closed.
    private func open(_ channel: SSHChannel, until deadline: SSHDeadline) throws(SSHError) {
        let wasGivenUp = isGivenUp
        isGivenUp = { false }
        defer { isGivenUp = wasGivenUp }
        let code: Int32
        do throws(SSHError) {
            code = try repeating(until: deadline) { ssh_channel_open_session(channel.handle) }
        } catch {
            lose()
            throw error
        }
        guard code == SSH_OK else { throw refusal() }
    }

    /// Forgets the abandoned channels that the server has closed meanwhile.
    private func makeRoom() throws(SSHError) {
        abandoned.removeAll { $0.isClosed }
        // Servers give a connection 10 sessions, most often.
        guard abandoned.count < 8 else {
            lose()
            throw error(.connectionLost, cause: "too many commands were given up and still run")
        }
    }

    /// Closes the channel; one whose command was given up is looked after until the server closes it, too.
    private func end(_ channel: SSHChannel, isAborted: Bool) {
        guard !isLost, let handle, ssh_get_fd(handle) >= 0 else { return lose() }
        channel.isDiscarding = true
        // A command that nobody waits for should not go on. OpenSSH passes no signals on to root's commands: those find out when they
        // write, or read the end of their input.
        if isAborted, !channel.isClosed { ssh_channel_request_send_signal(channel.handle, "TERM") }
        // Who waited has its answer, and a cancellation is no reason to leave the channel half open.
        let wasGivenUp = isGivenUp
        isGivenUp = { false }
        defer { isGivenUp = wasGivenUp }
        do throws(SSHError) {
            // It sends only the end of the input when that can't be written at once, and has to be told again.
            _ = try repeating(until: SSHDeadline(after: .seconds(10), .connectionLost)) { ssh_channel_close(channel.handle) }
        } catch {
            lose()
        }
        if !channel.isClosed { abandoned.append(channel) }
    }
}
