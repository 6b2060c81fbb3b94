import FoundationEssentials
import Glibc
import Host
import Remote
import TestKit
import Testing

@testable import WebServer

@Suite struct ListenerTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    private static func who(_ request: Request) -> Response {
        .text("\(request.client.address) \(request.client.scheme) \(request.client.localUser.map { "\($0)" } ?? "-")")
    }

    private func start(_ listeners: Listener...) throws -> HTTPServer {
        try HTTPServer.start(ServerConfiguration(listeners: listeners)) { Self.who($0) }
    }

    @Test func `several listeners serve at once, and a Unix socket tells its user`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/s"
        let server = try start(.tcp(host: "127.0.0.1", port: 0), .unix(path: path), .tcp(host: "localhost", port: 0))
        var facts = stat()
        #expect(stat(path, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
        #expect(try await RawClient(unix: path).ask(Self.get).text == "unix http \(getuid())")
        #expect(try await RawClient(port: #require(server.addresses[0].port)).ask(Self.get).text == "127.0.0.1 http -")
        #expect(server.addresses[1] == .unix(path: path) && server.addresses[2].port != server.addresses[0].port)
        let socket = try await WebSocketRefusal.status(unix: path)
        #expect(socket == 200)
        await server.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `a socket that a dead server left is replaced, a living one's is not, and a file stays`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path + "/s"
        // Bound and closed: the file stays, as after a kill.
        let dead = try start(.unix(path: path))
        #expect(rename(path, path + "-kept") == 0)
        await dead.stop()
        #expect(rename(path + "-kept", path) == 0)
        let server = try start(.unix(path: path))
        #expect(try await RawClient(unix: path).ask(Self.get).status == 200)
        #expect(throws: WebServerError(.addressInUse(path))) { try start(.unix(path: path)) }
        #expect(try await RawClient(unix: path).ask(Self.get).status == 200)
        await server.stop()
        try FileSystem.write([1], to: path)
        let error = #expect(throws: WebServerError.self) { try start(.unix(path: path)) }
        #expect("\(String(describing: error))".contains("no socket"))
        #expect(try FileSystem.read(path) == [1])
    }

    @Test func `what can't be listened on is said in a sentence`() async throws {
        let server = try start(.tcp(host: "127.0.0.1", port: 0))
        let port = try #require(server.addresses[0].port)
        #expect(throws: WebServerError(.addressInUse("127.0.0.1:\(port)"))) { try start(.tcp(host: "127.0.0.1", port: port)) }
        #expect(throws: WebServerError(.badHost("192.0.2.1"))) { try start(.tcp(host: "192.0.2.1", port: 0)) }
        #expect(throws: WebServerError.self) { try start(.tcp(host: "127.0.0.1", port: 70_000)) }
        #expect(throws: WebServerError.self) { try start(.unix(path: "/" + String(repeating: "x", count: 120))) }
        let missing = #expect(throws: WebServerError.self) { try start(.unix(path: "/nowhere/at/all/s")) }
        #expect("\(String(describing: missing))".contains("No such file"))
        // The first listener of a start that fails is closed again.
        let other = try Loopback.freePort()
        #expect(throws: WebServerError.self) { try start(.tcp(host: "127.0.0.1", port: other), .tcp(host: "127.0.0.1", port: port)) }
        #expect(!Loopback.answers(other))
        await server.stop()
    }
}

private enum WebSocketRefusal {
    /// A handshake where there is no WebSocket is an ordinary request.
    static func status(unix path: String) async throws -> Int { try await RawClient(unix: path).ask(WebSocketClient.handshake).status }
}
