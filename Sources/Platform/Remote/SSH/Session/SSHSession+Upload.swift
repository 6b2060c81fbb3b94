internal import CSSH
internal import Sealing

extension SSHSession {
    /// Writes a file: see ``SSHConnection/upload(_:to:mode:timeout:)``.
    func upload(_ bytes: [UInt8], to path: String, mode: UInt32, timeout: Duration) throws(SSHError) {
        let deadline = SSHDeadline(after: timeout, .commandTimedOut(timeout))
        guard let suffix = (try? RandomBytes.make(count: 6)).map({ Hexadecimal.text($0) }) else {
            throw error(.failed("no random bytes"))
        }
        // The largest answer that comes at once is one for each piece on its way.
        try withChannel(limit: 1 << 20, until: deadline, start: { ssh_channel_request_subsystem($0, "sftp") }) {
            (channel) throws(SSHError) in
            var transfer = SFTPTransfer(self, channel, path: path, deadline: deadline)
            try transfer.write(bytes, mode: mode, suffix: suffix)
        }
    }
}
