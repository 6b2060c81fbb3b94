import Host
import Sealing
import TestKit
import Testing

@testable import Remote

/// A real sshd, one for each test.
@Suite(.requires(.sshd)) struct SSHConnectionTests {
    @Test func `a command gives both outputs apart and its exit status`() async throws {
        let server = try await ThrowawaySSHServer()
        let connection = try await server.connect()
        #expect(connection.hostKey == server.hostKey)
        let result = try await connection.run("echo out; echo err >&2; exit 7", timeout: .seconds(60))
        #expect(result.standardOutput == Array("out\n".utf8))
        #expect(result.errorText == "err")
        #expect(result.exit == .status(7))
        #expect(!result.succeeded)
        await connection.close()
        try await server.end()
    }

    @Test func `commands follow each other on one connection, also those asked at once`() async throws {
        let server = try await ThrowawaySSHServer()
        let connection = try await server.connect()
        let outputs = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<20 { group.addTask { try await connection.run("echo \(number)", timeout: .seconds(60)).text } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(outputs == Set((0..<20).map { "\($0)" }))
        #expect(try server.log.components(of: "Accepted publickey") == 1)
        await connection.close()
        try await server.end()
    }

    @Test func `a signal that ended a command is named`() async throws {
        let server = try await ThrowawaySSHServer()
        let connection = try await server.connect()
        #expect(try await connection.run("kill -KILL $$", timeout: .seconds(60)).exit == .signal("KILL"))
        await connection.close()
        try await server.end()
    }

    @Test func `input and output of megabytes come through whole`() async throws {
        let server = try await ThrowawaySSHServer()
        let connection = try await server.connect()
        let input = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let result = try await connection.run("cat", input: input, timeout: .seconds(300), outputLimit: 16 << 20)
        #expect(result.standardOutput == input)
        // What the command doesn't want is dropped, and is no error.
        #expect(try await connection.run("head -c 3", input: input, timeout: .seconds(300)).standardOutput == Array(input.prefix(3)))
        #expect(try await connection.run("true", input: input, timeout: .seconds(300)).succeeded)
        await connection.close()
        try await server.end()
    }

    @Test func `a command without input gets its end at once, and quoting keeps words whole`() async throws {
        let server = try await ThrowawaySSHServer()
        let connection = try await server.connect()
        #expect(try await connection.run("cat", timeout: .seconds(60)).text == "")
        let word = "it's \"$HOME\" `x` \\ \n and more"
        #expect(try await connection.run("printf %s \(SSHShell.quoted(word))", timeout: .seconds(60)).text == word)
        await connection.close()
        try await server.end()
    }

    @Test func `a file is written whole, with its mode, and replaces one that is there`() async throws {
        let server = try await ThrowawaySSHServer()
        let connection = try await server.connect()
        let path = "\(server.folder.path)/file"
        let bytes = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0) }
        try await connection.upload(bytes, to: path, mode: 0o640, timeout: .seconds(300))
        #expect(try FileSystem.read(path) == bytes)
        #expect(FileFacts(of: path)?.mode == 0o640)
        try await connection.upload([], to: path, mode: 0o600)
        #expect(try FileSystem.read(path) == [])
        #expect(FileFacts(of: path)?.mode == 0o600)
        // Nothing was left beside it.
        #expect(try FileSystem.names(in: server.folder.path).filter { $0.hasPrefix("file") } == ["file"])
        await connection.close()
        try await server.end()
    }

    @Test func `a file that can't be written says why, and the connection goes on`() async throws {
        let server = try await ThrowawaySSHServer()
        let connection = try await server.connect()
        let path = "\(server.folder.path)/none/file"
        let error = await #expect(throws: SSHError.self) { try await connection.upload([1], to: path, mode: 0o600) }
        #expect(error?.reason == .uploadRefused(path: path, why: "there is no such folder"))
        let folder = "\(server.folder.path)/folder"
        try FileSystem.makeFolder(folder)
        guard
            case .uploadRefused = await #expect(
                throws: SSHError.self,
                performing: { try await connection.upload([1], to: folder, mode: 0o600) }
            )?.reason
        else {
            Issue.record("a folder was replaced")
            return
        }
        #expect(try FileSystem.names(in: server.folder.path).filter { $0.hasPrefix("folder") } == ["folder"])
        #expect(try await connection.run("echo on", timeout: .seconds(60)).text == "on")
        await connection.close()
        try await server.end()
    }

    @Test(.requires(.sshKeygen), arguments: ["ed25519", "rsa", "rsa-pem", "rsa-pkcs8", "ed25519-pkcs8"])
    func `keys as ssh-keygen and OpenSSL write them get in`(kind: String) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let key = try await TestKeys.make(kind, in: folder)
        let server = try await ThrowawaySSHServer(authorized: [key.publicKey.text])
        let connection = try await SSHConnection.open(
            to: server.address,
            user: server.user,
            keys: [key],
            hostKey: .firstUse,
            options: .patient
        )
        #expect(try await connection.run("echo in", timeout: .seconds(60)).text == "in")
        await connection.close()
        try await server.end()
    }

    @Test func `of several keys the one that fits gets in`() async throws {
        let server = try await ThrowawaySSHServer()
        let others = try (0..<3).map { _ in try SSHPrivateKey(SSHKeyPair.generate(comment: "").privateKey) }
        let connection = try await SSHConnection.open(
            to: server.address,
            user: server.user,
            keys: others + [server.clientKey],
            hostKey: .firstUse,
            options: .patient
        )
        #expect(connection.hostKey.text == server.hostKey.text)
        await connection.close()
        try await server.end()
    }

    @Test(.requires(.sshKeygen)) func `a server with several keys shows the pinned kind`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let rsa = try await TestKeys.make("rsa", in: folder)
        let server = try await ThrowawaySSHServer(settings: ["HostKey \(folder.path)/key"])
        let connection = try await SSHConnection.open(
            to: server.address,
            user: server.user,
            keys: [server.clientKey],
            hostKey: .pinned([rsa.publicKey]),
            options: .patient
        )
        #expect(connection.hostKey == rsa.publicKey)
        await connection.close()
        try await server.end()
    }

    @Test func `a name is looked up, and the next address is tried where the first one refuses`() async throws {
        let server = try await ThrowawaySSHServer()
        // On most machines ::1 comes first, where this sshd doesn't listen.
        let connection = try await SSHConnection.open(
            to: SSHAddress(host: "localhost", port: server.port),
            user: server.user,
            keys: [server.clientKey],
            hostKey: .pinned([server.hostKey]),
            options: .patient
        )
        #expect(try await connection.run("true", timeout: .seconds(60)).succeeded)
        await connection.close()
        try await server.end()
    }

    @Test func `ten connections at once, and nothing is left of them`() async throws {
        let server = try await ThrowawaySSHServer()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask {
                    let connection = try await server.connect()
                    #expect(try await connection.run("echo \(number)", timeout: .seconds(120)).text == "\(number)")
                    await connection.close()
                }
            }
            try await group.waitForAll()
        }
        try await SSHLeftovers.waitForNone(port: server.port)
        try await server.end()
    }

    @Test func `a connection that nobody holds any more closes`() async throws {
        let server = try await ThrowawaySSHServer()
        do {
            let connection = try await server.connect()
            #expect(try SSHLeftovers.threads(port: server.port) == 1)
            #expect(try SSHLeftovers.sockets(port: server.port) == 1)
            _ = try await connection.run("true", timeout: .seconds(60))
        }
        try await SSHLeftovers.waitForNone(port: server.port)
        try await server.end()
    }

    @Test func `an idle connection asks for signs of life, and goes on`() async throws {
        let server = try await ThrowawaySSHServer()
        let proxy = try TCPProxy(to: server.port)
        var options = SSHOptions.patient
        // Lost only after three times that without a byte: more than a busy machine may take.
        options.keepAlive = .milliseconds(500)
        let connection = try await server.connect(through: proxy, options: options)
        let before = proxy.bytesFromServer
        try await eventually("three answers") { proxy.bytesFromServer > before + 100 }
        #expect(try await connection.run("echo on", timeout: .seconds(60)).text == "on")
        await connection.close()
        try await server.end()
    }
}

extension String {
    func components(of word: String) -> Int { split(separator: word, omittingEmptySubsequences: false).count - 1 }
}
