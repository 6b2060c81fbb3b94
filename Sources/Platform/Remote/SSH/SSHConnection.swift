internal import CSSH

/// A connection to a server, logged in: runs commands and writes files there, one after the other.
///
/// It has a thread of its own, which ends with the connection; nothing runs on Swift's threads. What is asked while something runs waits
/// for its turn. Cancelling the waiting task ends an operation at once, and the connection stays usable.
package final class SSHConnection: Sendable {
    package let address: SSHAddress
    package let user: String
    /// The key that the server showed, and proved to have.
    package let hostKey: SSHHostKey

    private init(address: SSHAddress, user: String, hostKey: SSHHostKey) {
        self.address = address
        self.user = user
        self.hostKey = hostKey
    }

    /// Connects, checks the server's key, and only then logs in.
    ///
    /// - Parameters:
    ///   - address: A name is looked up; its addresses are tried one after the other.
    ///   - user: The user there.
    ///   - keys: Tried in this order; servers stop listening after a few, most often 6.
    ///   - hostKey: Which server's key is the right one.
    ///   - options: How patient to be.
    /// - Throws: ``SSHError``; nothing stays open then.
    package static func open(
        to address: SSHAddress,
        user: String,
        keys: [SSHPrivateKey],
        hostKey: SSHHostKeyPolicy,
        options: SSHOptions = SSHOptions()
    ) async throws(SSHError) -> SSHConnection {
        throw SSHError(.failed("not there yet"), address: address)
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
        throw SSHError(.failed("not there yet"), address: address)
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
        throw SSHError(.failed("not there yet"), address: address)
    }

    /// Ends the connection and everything that waits on it; returns when its thread and descriptors are gone.
    package func close() async {}
}
