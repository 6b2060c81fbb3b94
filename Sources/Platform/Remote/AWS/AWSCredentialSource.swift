internal import FoundationEssentials
internal import Host
internal import Synchronization

/// Where requests get their access key from, each time: a file with temporary keys is read again when it may have changed.
package final class AWSCredentialSource: Sendable {
    private enum Origin {
        case fixed(AWSCredentials)
        case environment([String: String])
    }

    /// How long a key that was read is used.
    private static let freshness: Duration = .seconds(60)

    private let origin: Origin
    private let last = Mutex<(credentials: AWSCredentials, readAt: ContinuousClock.Instant)?>(nil)

    private init(_ origin: Origin) { self.origin = origin }

    /// One key for ever.
    package static func fixed(_ credentials: AWSCredentials) -> AWSCredentialSource { AWSCredentialSource(.fixed(credentials)) }

    /// As AWS's own programs look: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, then the profile `AWS_PROFILE` of
    /// `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE`, by default `~/.aws/credentials` and `~/.aws/config`.
    ///
    /// Roles, single sign-on and the metadata service of EC2 are not asked.
    package static func environment(_ environment: [String: String]) -> AWSCredentialSource {
        AWSCredentialSource(.environment(environment))
    }

    /// The key to use now; reads small files.
    ///
    /// - Throws: ``RemoteError/Reason/noCredentials(_:)``
    package func current(now: ContinuousClock.Instant = .now) throws(RemoteError) -> AWSCredentials {
        switch origin {
        case .fixed(let credentials): return credentials
        case .environment(let environment):
            if let last = last.withLock({ $0 }), now - last.readAt < Self.freshness { return last.credentials }
            let credentials = try Self.find(environment)
            last.withLock { $0 = (credentials, now) }
            return credentials
        }
    }

    /// Reads the key again at the next use: the server refused it.
    func forget() { last.withLock { $0 = nil } }

    private static func find(_ environment: [String: String]) throws(RemoteError) -> AWSCredentials {
        let id = environment["AWS_ACCESS_KEY_ID"] ?? ""
        let secret = environment["AWS_SECRET_ACCESS_KEY"] ?? ""
        if id.isEmpty != secret.isEmpty {
            let missing = id.isEmpty ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"
            throw RemoteError(.noCredentials("\(missing) is not set: the access key has two halves"))
        }
        if !id.isEmpty {
            let token = environment["AWS_SESSION_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
            return AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token)
        }
        return try AWSProfile(environment).credentials()
    }
}
