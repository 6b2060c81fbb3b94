import CLinux
import Dispatch
import Glibc
import WebServer

@testable import API

extension FuzzTarget {
    private static let requests: [String] = [
        "GET /a/b%20c?x=1&y=%2F HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n",
        "POST /form HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"projectId\":1}GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /form HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n5\r\na=b&c\r\n3;x=y\r\n=de\r\n0\r\nTrailer: x\r\n\r\n",
        "POST /form HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nExpect: 100-continue\r\nContent-Length: 66\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"run\"\r\n\r\n{}\r\n--b--\r\n\r\n\r\n",
        "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\nX-Forwarded-For: 1.2.3.4, [::1]:5\r\nX-Forwarded-Proto: https\r\nX-Request-Id: a\r\nHost: y\r\n\r\n",
        "GET /socket HTTP/1.1\r\n" + handshake,
        "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ]

    private static let handshake =
        "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    /// Whole connections, from the first byte, to a server that really listens.
    static let http = FuzzTarget(
        "http",
        corpus: requests.map { Array($0.utf8) },
        words: [
            "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "GET ", "POST ", "Host: x\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
            "Expect: 100-continue\r\n", "Connection: close\r\n", "Upgrade: websocket\r\n", "ffffffffffffffff\r\n", "\n\n", ": ", " \r\n\t",
        ],
        largest: 64 << 10,
        prepare: { try await listening { input in input } }
    )

    /// Frames behind a handshake that is right.
    static let webSocket = FuzzTarget(
        "websocket",
        corpus: [
            frame(1, Array("hello".utf8)), frame(2, [0, 1, 2]), frame(9, Array("ping".utf8)), frame(10, []), frame(8, [3, 232]),
            frame(1, Array("a".utf8), isLast: false) + frame(9, []) + frame(0, Array("b".utf8)),
            frame(2, [UInt8](repeating: 7, count: 300)), frame(2, [UInt8](repeating: 7, count: 70_000)),
            frame(8, [3, 233] + Array("bye".utf8)) + frame(1, [0x41]),
        ],
        words: ["\u{7F}", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{1}\u{0}\u{0}", "\u{3}"],
        largest: 128 << 10,
        prepare: { try await listening { input in Array("GET /socket HTTP/1.1\r\n\(handshake)".utf8) + input } }
    )

    private static func frame(_ code: UInt8, _ content: [UInt8], isLast: Bool = true) -> [UInt8] {
        let count = content.count
        let length: [UInt8] =
            if count < 126 {
                [0x80 | UInt8(count)]
            } else if count < 65_536 {
                [0xFE, UInt8(count >> 8), UInt8(count & 255)]
            } else {
                [0xFF] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
            }
        let mask: [UInt8] = [1, 2, 3, 4]
        return [(isLast ? 0x80 : 0) | code] + length + mask + content.enumerated().map { $1 ^ mask[$0 & 3] }
    }

    // MARK: - The server

    private static func listening(_ bytes: @escaping @Sendable ([UInt8]) -> [UInt8]) async throws -> Run {
        let path = Connections.socketPath(of: getpid())
        var configuration = ServerConfiguration(listeners: [.unix(path: path)])
        configuration.threads = 2
        configuration.limits.connections = 64
        configuration.limits.headerTime = .seconds(1)
        configuration.limits.bodyWindow = .seconds(1)
        configuration.limits.idleTime = .seconds(1)
        configuration.limits.stallTime = .seconds(1)
        configuration.limits.handlerTime = .seconds(5)
        let server = try HTTPServer.start(configuration, answer)
        let queue = DispatchQueue(label: "client")
        return { input in
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                queue.async { continuation.resume(with: Result { try talk(to: path, bytes(input)) }) }
            }
            // It may notice a little later that a client went away.
            let deadline = Clock.now() + 10_000_000_000
            while server.connectionCount > 4, Clock.now() < deadline { try await Task.sleep(for: .milliseconds(1)) }
            try Finding.unless(server.connectionCount <= 4, "\(server.connectionCount) connections are left open")
        }
    }

    /// Sends all, says that it is all, and then asks on another connection whether somebody still answers.
    private static func talk(to path: String, _ bytes: [UInt8]) throws {
        let stranger = Connections.connect(unix: path)
        try Finding.unless(stranger >= 0, "nobody listens any more")
        Connections.send(bytes, to: stranger)
        // What it waits for won't come.
        Connections.limit(stranger, milliseconds: 10)
        shutdown(stranger, Int32(SHUT_WR))
        let answer = Connections.receive(from: stranger)
        close(stranger)
        let isHTTP = answer.isEmpty || answer.starts(with: "HTTP/1.".utf8)
        try Finding.unless(isHTTP, "an answer is no HTTP: \(String(decoding: answer.prefix(60), as: UTF8.self))")
        let friend = Connections.connect(unix: path)
        try Finding.unless(friend >= 0, "nobody listens any more")
        defer { close(friend) }
        Connections.send(Array("GET /alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8), to: friend)
        let alive = Connections.receive(from: friend)
        try Finding.unless(
            alive.starts(with: "HTTP/1.1 200".utf8),
            "the next client got \(String(decoding: alive.prefix(60), as: UTF8.self))"
        )
    }

    @Sendable private static func answer(_ request: Request) async -> Response {
        if request.path == "/socket" {
            var options = WebSocketOptions()
            options.messageBytes = 64 << 10
            options.frameBytes = 64 << 10
            return .webSocket(options) { socket in
                for await message in socket.messages {
                    switch message {
                    case .text(let text): _ = try? PusherMessage(text)  // refused or not
                    case .binary: break
                    }
                    socket.offer(.text("ok"))
                }
            }
        }
        _ = (request.target.queryItems, request.client, request.segments)
        do {
            let body = try await request.body.collect(upTo: 1 << 20)
            _ = try? RequestContent(body, of: request, DeployBody.shape)  // refused or not
            return .bytes(body, type: "application/octet-stream")
        } catch {
            return .text("\(error)", status: 413)
        }
    }
}
