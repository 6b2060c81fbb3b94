import Host
import TestKit
import Testing

@testable import Remote

/// What goes wrong with commands and uploads over a connection that is there.
@Suite(.requires(.sshd)) struct SSHCommandFaultTests {
    @Test func `output without end is cut off, and the connection goes on`() async throws {
        let server = try await ThrowawaySSHServer()
        let connection = try await server.connect()
        for command in ["head -c 100000000 /dev/zero", "head -c 100000000 /dev/zero >&2", "yes"] {
            let error = await #expect(throws: SSHError.self) { try await connection.run(command, timeout: .seconds(120)) }
            #expect(error?.reason == .outputTooLarge(limit: 1 << 20))
        }
        #expect(try await connection.run("echo on", timeout: .seconds(60)).text == "on")
        await connection.close()
        try await server.end()
    }

    @Test func `a command that takes too long is ended there, and the connection goes on`() async throws {
        let server = try await ThrowawaySSHServer()
        let connection = try await server.connect()
        let mark = "\(server.folder.path)/mark"
        // Root's commands get no signals, but find out when they write.
        let command = "trap 'touch \(mark); exit 1' TERM; trap '' PIPE; while echo on 2>/dev/null; do sleep 0.05; done; touch \(mark)"
        let error = await #expect(throws: SSHError.self) { try await connection.run(command, timeout: .milliseconds(300)) }
        #expect(error?.reason == .commandTimedOut(.milliseconds(300)))
        #expect(try await connection.run("echo on", timeout: .seconds(60)).text == "on")
        try await eventually("the command's end") { FileSystem.exists(mark) }
        await connection.close()
        try await server.end()
    }

    @Test func `a cancelled command ends at once, and the connection goes on`() async throws {
        let server = try await ThrowawaySSHServer()
        let connection = try await server.connect()
        let mark = "\(server.folder.path)/mark"
        let running = Task { try await connection.run("touch \(mark); sleep 1000", timeout: .seconds(2000)) }
        try await eventually("the command") { FileSystem.exists(mark) }
        let waiting = Task { try await connection.run("echo never", timeout: .seconds(2000)) }
        waiting.cancel()
        await #expect(throws: SSHError.self) { try await waiting.value }
        running.cancel()
        let error = await #expect(throws: SSHError.self) { try await running.value }
        #expect(error?.reason == .cancelled)
        #expect(try await connection.run("echo on", timeout: .seconds(60)).text == "on")
        await connection.close()
        try await server.end()
    }

    @Test func `a connection that breaks during a command`() async throws {
        let server = try await ThrowawaySSHServer()
        let connection = try await server.connect()
        let mark = "\(server.folder.path)/mark"
        let running = Task { try await connection.run("touch \(mark); sleep 1000", timeout: .seconds(2000)) }
        try await eventually("the command") { FileSystem.exists(mark) }
        try server.killSessions()
        let error = await #expect(throws: SSHError.self) { try await running.value }
        #expect(error?.reason == .connectionLost)
        // What is asked afterwards fails at once in the same way.
        let next = await #expect(throws: SSHError.self) { try await connection.run("true", timeout: .seconds(60)) }
        #expect(next?.reason == .connectionLost)
        await connection.close()
        try await SSHLeftovers.waitForNone(port: server.port)
        try await server.end()
    }

    @Test func `a connection that breaks during an upload leaves the old file`() async throws {
        let server = try await ThrowawaySSHServer()
        let proxy = try TCPProxy(to: server.port)
        let connection = try await server.connect(through: proxy)
        let path = "\(server.folder.path)/file"
        try await connection.upload(Array("old".utf8), to: path, mode: 0o600)
        proxy.cutAfterClient(more: 300_000)
        let error = await #expect(throws: SSHError.self) {
            try await connection.upload([UInt8](repeating: 1, count: 4 << 20), to: path, mode: 0o600, timeout: .seconds(300))
        }
        #expect(error?.reason == .connectionLost)
        #expect(try FileSystem.read(path) == Array("old".utf8))
        await connection.close()
        try await server.end()
    }

    @Test func `a line that goes dead without a word is noticed`() async throws {
        let server = try await ThrowawaySSHServer()
        let proxy = try TCPProxy(to: server.port)
        var options = SSHOptions.patient
        options.keepAlive = .milliseconds(300)
        let connection = try await server.connect(through: proxy, options: options)
        let mark = "\(server.folder.path)/mark"
        let running = Task { try await connection.run("touch \(mark); sleep 1000", timeout: .seconds(2000)) }
        try await eventually("the command") { FileSystem.exists(mark) }
        proxy.hold()
        let error = await #expect(throws: SSHError.self) { try await running.value }
        #expect(error?.reason == .connectionLost)
        await connection.close()
        try await server.end()
    }

    @Test func `a server that runs no commands or files`() async throws {
        let server = try await ThrowawaySSHServer(settings: ["MaxSessions 0"])
        let connection = try await server.connect()
        guard case .commandRefused = await #expect(throws: SSHError.self, performing: { try await connection.run("true") })?.reason else {
            Issue.record("it ran")
            return
        }
        await connection.close()
        try await server.end()
        let other = try await ThrowawaySSHServer(settings: ["ForceCommand echo forced"])
        let second = try await other.connect()
        #expect(try await second.run("true", timeout: .seconds(60)).text == "forced")
        let error = await #expect(throws: SSHError.self) { try await second.upload([1], to: "/tmp/never", mode: 0o600) }
        guard case .protocolViolation = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        await second.close()
        try await other.end()
    }

    @Test func `closing ends what runs`() async throws {
        let server = try await ThrowawaySSHServer()
        let connection = try await server.connect()
        let mark = "\(server.folder.path)/mark"
        let running = Task { try await connection.run("touch \(mark); sleep 1000", timeout: .seconds(2000)) }
        try await eventually("the command") { FileSystem.exists(mark) }
        await connection.close()
        await #expect(throws: SSHError.self) { try await running.value }
        try await SSHLeftovers.waitForNone(port: server.port)
        try await server.end()
    }
}
