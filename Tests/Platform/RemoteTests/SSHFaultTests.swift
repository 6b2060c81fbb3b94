import Host
import Sealing
import TestKit
import Testing

@testable import Remote

/// What goes wrong until a connection is there; each fault has its own words.
@Suite(.requires(.sshd)) struct SSHFaultTests {
    /// The error of a connection that can't be opened.
    private func failure(
        port: Int,
        host: String = "127.0.0.1",
        user: String = "root",
        keys: [SSHPrivateKey] = [],
        hostKey: SSHHostKeyPolicy = .firstUse,
        options: SSHOptions = .patient
    ) async throws -> SSHError {
        let error = await #expect(throws: SSHError.self) {
            try await SSHConnection.open(
                to: SSHAddress(host: host, port: port),
                user: user,
                keys: keys,
                hostKey: hostKey,
                options: options
            )
        }
        try await SSHLeftovers.waitForNone(port: port)
        return try #require(error)
    }

    private var impatient: SSHOptions {
        var options = SSHOptions.patient
        options.connectTimeout = .milliseconds(300)
        return options
    }

    // MARK: - Reaching it

    @Test func `a closed port, and then an open one`() async throws {
        let port = try Loopback.freePort()
        let error = try await failure(port: port)
        #expect(error.reason == .refused)
        #expect(error.isTransient)
        #expect("\(error)" == "127.0.0.1:\(port) refuses connections: check that sshd runs there and listens on that port")
        let server = try await ThrowawaySSHServer(port: port)
        let connection = try await server.connect()
        #expect(try await connection.run("echo up", timeout: .seconds(60)).text == "up")
        await connection.close()
        try await server.end()
    }

    @Test func `a name without an address`() async throws {
        let error = try await failure(port: 22, host: "no-such-host.invalid")
        guard case .unreachable(let why) = error.reason else {
            Issue.record("\(error)")
            return
        }
        #expect(why.contains("no-such-host.invalid"))
        #expect(error.isTransient)
    }

    @Test func `a banner that never comes`() async throws {
        let server = try FakeServer { $0.waitForEnd() }
        let error = try await failure(port: server.port, options: impatient)
        #expect(error.reason == .noBanner)
        #expect(error.isTransient)
    }

    @Test func `a handshake that stops after the banner`() async throws {
        let server = try FakeServer {
            $0.send("SSH-2.0-OpenSSH_9.2\r\n")
            $0.waitForEnd()
        }
        #expect(try await failure(port: server.port, options: impatient).reason == .timedOut)
    }

    @Test(arguments: ["", "SSH-2.0-OpenSSH_9.2\r\n", "Exceeded MaxStartups\r\n"])
    func `a server that hangs up during the handshake`(sent: String) async throws {
        let server = try FakeServer {
            $0.send(sent)
            $0.waitForBytes()
        }
        let error = try await failure(port: server.port)
        #expect(error.reason == .connectionLost)
        #expect(error.isTransient)
    }

    @Test(arguments: [
        "SSH-1.5-old\r\n", "SSH-2.0-x\r\nthis is no packet of SSH, and long enough for one\r\n", String(repeating: "x", count: 400),
    ])
    func `a server that speaks something else`(sent: String) async throws {
        let server = try FakeServer {
            $0.send(sent)
            $0.waitForEnd()
        }
        let error = try await failure(port: server.port)
        guard case .protocolViolation = error.reason else {
            Issue.record("\(error)")
            return
        }
        #expect(!error.isTransient)
    }

    @Test func `a server that talks and talks and never says SSH`() async throws {
        let server = try FakeServer { connection in while connection.send("220 welcome\r\n") {} }
        #expect(try await failure(port: server.port, options: impatient).reason == .noBanner)
    }

    @Test func `a connection that breaks while keys are agreed on or the user logs in`() async throws {
        let server = try await ThrowawaySSHServer()
        let whole = try TCPProxy(to: server.port)
        let connection = try await server.connect(through: whole)
        let byteCount = whole.bytesFromServer
        await connection.close()
        for part in 0..<6 {
            let proxy = try TCPProxy(to: server.port, cutAfterServer: byteCount * part / 6)
            let error = try await failure(port: proxy.port, user: server.user, keys: [server.clientKey])
            #expect(error.reason == .connectionLost)
        }
        try await server.end()
    }

    // MARK: - Host keys

    @Test func `a changed host key is refused before anything is told to the server`() async throws {
        let server = try await ThrowawaySSHServer()
        let other = try SSHPrivateKey(SSHKeyPair.generate(comment: "").privateKey).publicKey
        let error = try await failure(port: server.port, user: server.user, keys: [server.clientKey], hostKey: .pinned([other]))
        #expect(error.reason == .hostKeyChanged(expected: [other], found: server.hostKey))
        #expect(!error.isTransient)
        #expect("\(error)".contains(other.fingerprint) && "\(error)".contains(server.hostKey.fingerprint))
        #expect(try !server.log.contains("Accepted"))
        #expect(try !server.log.contains("userauth"))
        try await server.end()
    }

    // MARK: - Logging in

    @Test func `a wrong key`() async throws {
        let server = try await ThrowawaySSHServer()
        let other = try SSHPrivateKey(SSHKeyPair.generate(comment: "").privateKey)
        let error = try await failure(port: server.port, user: server.user, keys: [other])
        #expect(error.reason == .authenticationRefused(user: server.user, methods: ["publickey"]))
        #expect(!error.isTransient)
        try await server.end()
    }

    @Test func `more wrong keys than the server has patience for`() async throws {
        let server = try await ThrowawaySSHServer(settings: ["MaxAuthTries 2"])
        let others = try (0..<5).map { _ in try SSHPrivateKey(SSHKeyPair.generate(comment: "").privateKey) }
        let error = try await failure(port: server.port, user: server.user, keys: others)
        guard case .authenticationRefused = error.reason else {
            Issue.record("\(error)")
            return
        }
        try await server.end()
    }

    @Test func `no key at all`() async throws {
        let server = try await ThrowawaySSHServer()
        let error = try await failure(port: server.port, user: server.user)
        #expect(error.reason == .authenticationRefused(user: server.user, methods: []))
        try await server.end()
    }

    @Test func `a login that hangs`() async throws {
        let server = try await ThrowawaySSHServer.hangingAtLogin()
        var options = SSHOptions.patient
        options.authenticationTimeout = .milliseconds(500)
        let error = try await failure(port: server.port, user: server.user, keys: [server.clientKey], options: options)
        #expect(error.reason == .authenticationTimedOut)
        #expect(error.isTransient)
        try await server.end()
    }

    @Test func `a connection that breaks during the login`() async throws {
        let server = try await ThrowawaySSHServer.hangingAtLogin()
        async let error = failure(port: server.port, user: server.user, keys: [server.clientKey])
        try await eventually("the login") { (try? server.log.contains("Connection from")) == true }
        try server.killSessions()
        #expect(try await error.reason == .connectionLost)
        try await server.end()
    }

    @Test func `opening is cancelled at once`() async throws {
        let server = try FakeServer { $0.waitForEnd() }
        let address = SSHAddress(host: "127.0.0.1", port: server.port)
        let opening = Task { try await SSHConnection.open(to: address, user: "root", keys: [], hostKey: .firstUse, options: .patient) }
        try await eventually("the connection") { (try? SSHLeftovers.sockets(port: server.port)) == 1 }
        opening.cancel()
        #expect(await #expect(throws: SSHError.self) { try await opening.value }?.reason == .cancelled)
        try await SSHLeftovers.waitForNone(port: server.port)
    }
}

extension ThrowawaySSHServer {
    /// One whose logins never come to an end: it asks a program that sleeps for the keys.
    static func hangingAtLogin() async throws -> ThrowawaySSHServer {
        try await ThrowawaySSHServer(
            settings: [
                "AuthorizedKeysFile none", "AuthorizedKeysCommand /bin/sleep 1000", "AuthorizedKeysCommandUser \(currentUser())",
            ]
        )
    }
}
