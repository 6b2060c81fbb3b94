package import Host

/// A server that can't start.
package struct WebServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What an operator can act on.
    package enum Reason: Sendable, Equatable {
        /// Another program, or another server of this one, listens there.
        case addressInUse(String)
        /// This user may not listen there.
        case notAllowed(String)
        /// The host has no address, or none of this machine.
        case badHost(String)
        /// A path of a Unix socket that is too long, or names something that is no socket.
        case badSocketPath(String)
        /// The certificate or its key can't be used.
        case badCertificate(String)
        /// A file of the certificate, or the socket's folder.
        case file(HostError)
        /// Anything else; says what.
        case failed(String)
    }

    package let reason: Reason

    package init(_ reason: Reason) { self.reason = reason }

    /// One sentence that says what to do.
    package var description: String {
        switch reason {
        case .addressInUse(let place): "\(place) is taken: stop the program that listens there, or choose another address"
        case .notAllowed(let place): "not allowed to listen on \(place): choose a port over 1023 or another folder, or run as another user"
        case .badHost(let host): "this machine has no address \(host): give one that it has, or 0.0.0.0 for all"
        case .badSocketPath(let why): why
        case .badCertificate(let file): "the certificate \(file) can't be used with its key: check that both are PEM and belong together"
        case .file(let error): "\(error)"
        case .failed(let what): "the web server can't start: \(what)"
        }
    }
}
