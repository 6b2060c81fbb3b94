/// A call to Redis that failed; holds no key, no value and no password.
package struct RedisError: Error, Sendable, Equatable {
    /// What a caller can act on.
    package enum Reason: Sendable, Equatable {
        /// The configured address can't be understood.
        case invalidLocation(String)
        /// Nobody answers at the address.
        case unreachable(server: String)
        /// The server refused the user or the password, or asks for one.
        case authenticationFailed(server: String)
        /// The connection broke, or the answer took too long: the command may have been carried out.
        case connectionLost(server: String)
        /// The server answered with an error; the word it begins with, such as `READONLY`, `OOM` or `LOADING`.
        case refused(server: String, code: String)
        /// The answer is of another kind than the command gives.
        case unexpectedAnswer(server: String)
        /// Too many commands wait already.
        case busy
        /// ``RedisClient/close()`` was called.
        case closed
    }

    package let reason: Reason
    /// The system's words, for the log.
    package let cause: String?

    package init(_ reason: Reason, cause: String? = nil) {
        self.reason = reason
        self.cause = cause
    }
}

extension RedisError: CustomStringConvertible {
    /// One sentence that says what to do.
    package var description: String {
        switch reason {
        case .invalidLocation(let problem): problem
        case .unreachable(let server): "Redis at \(server) can't be reached: check that it runs and that the address is right"
        case .authenticationFailed(let server): "Redis at \(server) refused the user or the password: check both in its address"
        case .connectionLost(let server): "the connection to Redis at \(server) broke: try again"
        case .refused(let server, let code): "Redis at \(server) refused a command (\(code)): check the server's log"
        case .unexpectedAnswer(let server): "\(server) gives answers that are not Redis': check the address"
        case .busy: "too many commands wait for Redis: try again"
        case .closed: "the connection to Redis was closed: start again"
        }
    }
}
