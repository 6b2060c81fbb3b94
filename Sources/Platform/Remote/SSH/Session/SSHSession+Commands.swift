internal import CSSH

extension SSHSession {
    /// Runs a command: see ``SSHConnection/run(_:input:timeout:outputLimit:)``.
    func run(_ command: String, input: [UInt8], timeout: Duration, outputLimit: Int) throws(SSHError) -> SSHResult {
        let deadline = SSHDeadline(after: timeout, .commandTimedOut(timeout))
        return try withChannel(limit: outputLimit, until: deadline, start: { ssh_channel_request_exec($0, command) }) {
            (channel) throws(SSHError) in
            try write(input, to: channel, until: deadline)
            if !channel.isClosed, !channel.isOverLimit { try endInput(of: channel, until: deadline) }
            // For servers that forget to close a channel whose command is over.
            var patience: SSHDeadline?
            while !channel.isClosed, !channel.isOverLimit, patience?.isOver != true {
                if channel.isEnded, channel.exit != nil {
                    let last = patience ?? SSHDeadline(after: .seconds(2), .connectionLost)
                    patience = last
                    try move(atMost: last.milliseconds)
                } else {
                    try wait(until: deadline)
                }
            }
            if channel.isOverLimit { throw error(.outputTooLarge(limit: outputLimit)) }
            guard let exit = channel.exit else { throw error(.protocolViolation("it did not say how a command ended")) }
            return SSHResult(standardOutput: channel.standardOutput, standardError: channel.standardError, exit: exit)
        }
    }
}
