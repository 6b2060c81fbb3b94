internal import Sealing

/// An SSH connection or command that failed; holds no secret and nothing that a command printed.
package struct SSHError: Error, Sendable, Equatable {
    /// What a caller can act on.
    package enum Reason: Sendable, Equatable {
        /// The machine is there, and nothing listens on the port.
        case refused
        /// The name has no address, or no way leads to the address; says which.
        case unreachable(String)
        /// The server could not be reached, or did not finish the handshake, in time.
        case timedOut
        /// Something listens, and says nothing.
        case noBanner
        /// The server has another key than the pinned ones.
        case hostKeyChanged(expected: [SSHHostKey], found: SSHHostKey)
        /// None of the keys is let in; `methods` is what the server would take.
        case authenticationRefused(user: String, methods: [String])
        case authenticationTimedOut
        /// The private key can't be used; says why, without it.
        case badKey(String)
        /// The connection broke, or the server ended it; a command may have run.
        case connectionLost
        case commandTimedOut(Duration)
        case outputTooLarge(limit: Int)
        /// The server won't run a command, or give a channel for one; says what it refused.
        case commandRefused(String)
        /// A file could not be written; says why.
        case uploadRefused(path: String, why: String)
        /// What listens there doesn't speak SSH as it should; says in what.
        case protocolViolation(String)
        /// The waiting task was cancelled.
        case cancelled
        /// This machine can't: a missing library, no descriptor or thread left.
        case failed(String)
    }

    package let reason: Reason
    /// Whom it was tried with; nil where there was no connection yet.
    package let address: SSHAddress?
    /// The library's own words, and some of the server's; no secret.
    package let cause: String?

    package init(_ reason: Reason, address: SSHAddress?, cause: String? = nil) {
        self.reason = reason
        self.address = address
        self.cause = cause
    }

    /// Whether the same may work later, with nothing changed by a person: a machine that is just starting.
    package var isTransient: Bool {
        switch reason {
        case .refused, .unreachable, .timedOut, .noBanner, .authenticationTimedOut, .connectionLost, .commandTimedOut: true
        case .hostKeyChanged, .authenticationRefused, .badKey, .outputTooLarge, .commandRefused, .uploadRefused, .protocolViolation,
            .cancelled, .failed:
            false
        }
    }
}

extension SSHError: CustomStringConvertible {
    /// One sentence that says what to change.
    package var description: String {
        let server = address.map { "\($0)" } ?? "the server"
        return switch reason {
        case .refused: "\(server) refuses connections: check that sshd runs there and listens on that port"
        case .unreachable(let why): "\(server) can't be reached (\(why)): check the address, the network and the firewall"
        case .timedOut: "\(server) did not answer in time: check that the machine runs and that its firewall lets this machine in"
        case .noBanner: "something listens on \(server) but says nothing: check that it is sshd and that it is not overloaded"
        case .hostKeyChanged(let expected, let found):
            "the host key of \(server) is \(found.kind) \(found.fingerprint), not the pinned "
                + "\(expected.map { "\($0.kind) \($0.fingerprint)" }.joined(separator: " or ")): "
                + "if the machine was made anew, remove the server and register it again; if not, somebody may be in between"
        case .authenticationRefused(let user, let methods):
            "\(server) does not let \(user) in with the given keys\(Self.alternatives(methods)): "
                + "add the public key to ~\(user)/.ssh/authorized_keys there, or name another user"
        case .authenticationTimedOut: "\(server) did not finish the login in time: check its load, and what its sshd asks (PAM, DNS)"
        case .badKey(let why): "the private key can't be used: \(why)"
        case .connectionLost:
            "the connection to \(server) broke\(cause.map { " (\($0))" } ?? ""): check that the machine still runs, and try again"
        case .commandTimedOut(let limit): "a command on \(server) took longer than \(limit): check the machine's load, and try again"
        case .outputTooLarge(let limit): "a command on \(server) printed more than \(limit) bytes: make it print less"
        case .commandRefused(let what): "\(server) refuses to run commands (\(what)): allow them in its sshd_config and authorized_keys"
        case .uploadRefused(let path, let why): "\(path) can't be written on \(server): \(why)"
        case .protocolViolation(let what): "\(server) does not speak SSH as it should (\(what)): check that the port is sshd's"
        case .cancelled: "the SSH operation was cancelled"
        case .failed(let what): "SSH can't be used here: \(what)"
        }
    }

    private static func alternatives(_ methods: [String]) -> String {
        let others = methods.filter { $0 != "publickey" }
        if methods.isEmpty { return "" }
        return others.count < methods.count ? "" : " (it takes no keys, only \(others.joined(separator: ", ")))"
    }
}
