internal import Domain
internal import Remote
internal import Sealing
internal import Storage

/// What opens a server.
struct ServerKeys: Sendable {
    let organizationKey: OrganizationKey
    let privateKey: SSHPrivateKey
    /// Of Terraform's outputs, for the first contact.
    let initial: [SSHPrivateKey]
}

/// The one connection to a server that a registration works over; made anew when it breaks.
struct ServerLink: Sendable {
    let address: SSHAddress
    let user: String
    let keys: ServerKeys
    private let options: SSHOptions
    /// The keys that the server may have; none: whichever it shows first.
    private(set) var hostKeys: [SSHHostKey]
    private var connection: SSHConnection?
    /// The server let in with a key of the outputs, and not with the organization's.
    private(set) var isForeign = false

    init(_ server: Server, hostKeys: [SSHHostKey], keys: ServerKeys, options: SSHOptions) {
        address = server.sshAddress
        user = server.user
        self.hostKeys = hostKeys
        self.keys = keys
        self.options = options
    }

    /// The key that the server has shown, once it is connected.
    var shownKey: SSHHostKey? { connection?.hostKey }

    /// Connects, with the organization's key first; from then on the server's key is pinned.
    mutating func open(onlyOrganizationKey: Bool = false) async throws(SSHError) {
        guard connection == nil else { return }
        let policy: SSHHostKeyPolicy = hostKeys.isEmpty ? .firstUse : .pinned(hostKeys)
        let opened: SSHConnection
        do throws(SSHError) {
            opened = try await SSHConnection.open(to: address, user: user, keys: [keys.privateKey], hostKey: policy, options: options)
            isForeign = false
        } catch {
            guard case .authenticationRefused = error.reason, !keys.initial.isEmpty, !onlyOrganizationKey else { throw error }
            opened = try await SSHConnection.open(to: address, user: user, keys: keys.initial, hostKey: policy, options: options)
            isForeign = true
        }
        connection = opened
        if hostKeys.isEmpty { hostKeys = [opened.hostKey] }
    }

    /// Runs a script to its end.
    ///
    /// - Throws: ``SSHError``; a connection that broke is closed then.
    mutating func run(_ script: RemoteScript, timeout: Duration) async throws(SSHError) -> RemoteAnswer {
        try await open()
        guard let connection else { throw SSHError(.connectionLost, address: address) }
        do throws(SSHError) {
            let result = try await connection.run(RemoteScript.command, input: script.bytes, timeout: timeout)
            return RemoteAnswer(report: RemoteReport(result.standardOutput), lastWords: Self.lastWords(result), exit: result.exit)
        } catch {
            if error.reason == .connectionLost { await close() }
            throw error
        }
    }

    mutating func close() async {
        await connection?.close()
        connection = nil
    }

    private static func lastWords(_ result: SSHResult) -> String {
        let output = result.standardError.isEmpty ? result.standardOutput : result.standardError
        let line = String(decoding: output.suffix(400), as: UTF8.self).split(whereSeparator: \.isNewline).last.map { $0.trimmed } ?? ""
        return line.isEmpty ? "nothing" : line.count > 160 ? line.prefix(159) + "…" : line
    }
}

/// What a script gave.
struct RemoteAnswer: Sendable {
    let report: RemoteReport
    /// The last line that it printed, for whoever has to find out why it said nothing.
    let lastWords: String
    let exit: SSHExit
}
