package import Host

/// A call to another machine, or to a store of objects, that failed; holds no secret.
package struct RemoteError: Error, Sendable, Equatable {
    /// What a caller can act on; `server` is scheme, host and port.
    package enum Reason: Sendable, Equatable {
        /// The URL can't be used; says why, without it.
        case badURL(String)
        /// The request can't be sent; a bug in this program.
        case badRequest(String)
        /// The configured place of a store can't be understood.
        case badLocation(String)
        /// No object can be stored under such a name.
        case badKey(String)
        /// No access key was found, or the file with it can't be read.
        case noCredentials(String)
        /// The name of the server has no address.
        case dns(server: String)
        /// Nobody answers at the address.
        case unreachable(server: String)
        /// No safe connection: most often the certificate is not trusted.
        case tls(server: String, why: String)
        /// It took longer than allowed, or nothing moved for too long.
        case timedOut(server: String)
        /// The connection broke before the whole answer was there; the server may have done what was asked.
        case connectionLost(server: String)
        /// The answer, or the object, is larger than the caller takes.
        case tooLarge(limit: Int)
        /// The server doesn't speak the protocol.
        case malformedAnswer(server: String, why: String)
        /// Too many requests wait already.
        case busy
        /// The waiting task was cancelled.
        case cancelled
        /// The access key isn't accepted, or may not do this.
        case denied(server: String, code: String, message: String)
        /// The server asks for fewer requests.
        case throttled(server: String, retryAfter: Duration?)
        /// The server failed by itself: status 5xx.
        case serverFault(server: String, status: Int, code: String)
        /// The server refuses the request: another status.
        case refused(server: String, status: Int, code: String, message: String)
        /// The stored or received bytes are not the ones that were sent.
        case corrupted(key: String)
        /// The folder of a store can't be used.
        case folder(HostError)
        /// Anything else; says what.
        case failed(String)
    }

    package let reason: Reason
    /// The library's own words, for the log.
    package let cause: String?

    package init(_ reason: Reason, cause: String? = nil) {
        self.reason = reason
        self.cause = cause
    }

    /// Whether the same call may work later, with nothing changed by a person.
    package var isTransient: Bool {
        switch reason {
        case .dns, .unreachable, .timedOut, .connectionLost, .busy, .throttled, .serverFault: true
        case .badURL, .badRequest, .badLocation, .badKey, .noCredentials, .tls, .tooLarge, .malformedAnswer, .cancelled, .denied, .refused,
            .corrupted, .folder, .failed:
            false
        }
    }
}

extension RemoteError: CustomStringConvertible {
    /// One sentence that says what to do.
    package var description: String {
        switch reason {
        case .badURL(let problem): "the URL can't be used: \(problem)"
        case .badRequest(let problem): "the request can't be sent (\(problem)): report this as a bug"
        case .badLocation(let problem): problem
        case .badKey(let problem): problem
        case .noCredentials(let problem): problem
        case .dns(let server): "the name of \(server) can't be found: check the address and the network"
        case .unreachable(let server): "\(server) can't be reached: check that it runs and that the address is right"
        case .tls(let server, let why): "no safe connection to \(server): \(why)"
        case .timedOut(let server): "\(server) took too long to answer: check the network and try again"
        case .connectionLost(let server): "the connection to \(server) broke: try again"
        case .tooLarge(let limit): "the answer is larger than the limit of \(limit) bytes"
        case .malformedAnswer(let server, let why): "\(server) gave an answer that makes no sense (\(why)): check that the address is right"
        case .busy: "too many requests wait already: try again later"
        case .cancelled: "the request was cancelled"
        case .denied(let server, let code, let message):
            "\(server) refused the access key (\(Self.joined(code, message))): check the key, its rights and this machine's clock"
        case .throttled(let server, _): "\(server) asks for fewer requests: try again later"
        case .serverFault(let server, let status, let code): "\(server) failed (\(Self.joined("\(status)", code))): try again later"
        case .refused(let server, let status, let code, let message):
            "\(server) refused the request (\(Self.joined("\(status)", code, message)))"
        case .corrupted(let key): "\(key) is not what was stored: its checksum differs"
        case .folder(let error): "\(error)"
        case .failed(let what): "the request failed: \(what)"
        }
    }

    private static func joined(_ words: String...) -> String { words.filter { !$0.isEmpty }.joined(separator: " · ") }
}
