internal import CSSH

extension SSHSession {
    /// Opens a channel, asks the server to start something on it, lets `body` use it, and closes it whatever happened.
    ///
    /// - Parameters:
    ///   - limit: How many bytes of output are held at once.
    ///   - deadline: For everything but the closing.
    ///   - start: libssh's request, which may say `SSH_AGAIN`.
    ///   - body: Uses the channel.
    func withChannel<Value>(
        limit: Int,
        until deadline: SSHDeadline,
        start: (OpaquePointer) -> Int32,
        _ body: (SSHChannel) throws(SSHError) -> Value
    ) throws(SSHError) -> Value {
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

    /// Closes the channel at both ends, so that nothing of it comes in between later.
    private func end(_ channel: SSHChannel, isAborted: Bool) {
        guard !isLost, let handle, ssh_get_fd(handle) >= 0 else { return lose() }
        channel.isDiscarding = true
        if isAborted, !channel.isClosed, ssh_channel_is_closed(channel.handle) == 0 {
            // A command that nobody waits for should not go on; servers that know no signals close its streams at least.
            ssh_channel_request_send_signal(channel.handle, "TERM")
        }
        // Who waited has its answer, and a cancellation is no reason to leave the channel half open.
        let wasGivenUp = isGivenUp
        isGivenUp = { false }
        defer { isGivenUp = wasGivenUp }
        do throws(SSHError) {
            let limit = SSHDeadline(after: .seconds(10), .connectionLost)
            // It sends only the end of the input when that can't be written at once, and has to be told again.
            _ = try repeating(until: limit) { ssh_channel_close(channel.handle) }
            while !channel.isClosed, !isLost { try wait(until: limit) }
        } catch {
            // A server that doesn't close a channel may also go on sending on it.
            lose()
        }
    }
}
