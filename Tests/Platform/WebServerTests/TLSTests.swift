import FoundationEssentials
import Host
import Remote
import TestKit
import Testing

@testable import WebServer

@Suite struct TLSTests {
    private static let openssl = RequiredTool("openssl", remedy: "install the package openssl")
    private static let python = RequiredTool("python3", remedy: "install the package python3")

    /// Says hello over TLS, goes to a WebSocket, and prints what comes back for what it sends.
    private static let client = """
        import socket, ssl, sys
        context = ssl.create_default_context(cafile=sys.argv[2])
        raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=100)
        s = context.wrap_socket(raw, server_hostname="127.0.0.1")
        s.sendall(b"GET /ws HTTP/1.1\\r\\nHost: h\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n")
        f = s.makefile("rb")
        assert b" 101 " in f.readline()
        while f.readline() != b"\\r\\n": pass
        for size in (3, 100, 60000):
            payload = b"x" * size
            head = bytes([0x82, 0x80 | size]) if size < 126 else bytes([0x82, 0xFE, size >> 8, size & 255])
            s.sendall(head + bytes(4) + payload)
            first, second = f.read(2)
            count = int.from_bytes(f.read(2), "big") if second == 126 else second
            assert f.read(count) == payload, count
        s.sendall(bytes([0x88, 0x82, 0, 0, 0, 0, 3, 232]))
        assert f.read(4) == bytes([0x88, 2, 3, 232])
        print(s.version(), "done", f.read() == b"")
        """

    /// Runs `body` with a server that has a certificate for the loopback.
    private func withCertificate(_ body: (_ files: TLSFiles, _ folder: TemporaryFolder) async throws -> Void) async throws {
        let openssl = try #require(Self.openssl.path)
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (key, certificate) = (folder.path + "/key.pem", folder.path + "/certificate.pem")
        let making = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
            "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
        ]
        #expect(try await ChildProcess.run(.init(openssl, making, environment: [:]), timeout: .seconds(30)).status.isSuccess)
        try await body(TLSFiles(certificate: certificate, key: key), folder)
    }

    private func start(_ tls: TLSFiles) throws -> HTTPServer {
        try HTTPServer.start(ServerConfiguration(listeners: [.tcp(host: "127.0.0.1", port: 0, tls: tls)])) { request in
            switch request.path {
            case "/ws": return .webSocket { await WebSocketTests.echo($0) }
            case "/stream": return .stream { writer in for _ in 0..<50 { try await writer.write([UInt8](repeating: 7, count: 100_000)) } }
            case "/echo": return await echo(request)
            default: return .text(request.client.scheme)
            }
        }
    }

    @Test(.requires(openssl)) func `libcurl gets answers, streams and echoes over TLS`() async throws {
        try await withCertificate { files, _ in
            let server = try start(files)
            var options = HTTPOptions()
            options.certificateFile = files.certificate
            let client = HTTPClient(options)
            let url = "\(server.addresses[0])"
            #expect(url.hasPrefix("https://"))
            #expect(try await client.send(HTTPRequest(.get, url)).body == Array("https".utf8))
            var download = HTTPRequest(.get, url + "/stream")
            download.responseLimit = 10_000_000
            #expect(try await client.send(download).body.count == 5_000_000)
            var upload = HTTPRequest(.post, url + "/echo")
            upload.responseLimit = 10_000_000
            upload.body = [UInt8](repeating: 9, count: 3_000_000)
            #expect(try await client.send(upload).body == upload.body)
            // The same port speaks nothing else.
            let plain = try RawClient(port: #require(server.addresses[0].port))
            await plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await !plain.receiveToEnd().contains("200"))
            await server.stop()
        }
    }

    @Test(.requires(openssl), .requires(python)) func `a WebSocket works over TLS, and closes in order`() async throws {
        try await withCertificate { files, _ in
            let server = try start(files)
            let python = try #require(Self.python.path)
            let port = try #require(server.addresses[0].port)
            let run = try await ChildProcess.run(
                .init(python, ["-c", Self.client, "\(port)", files.certificate], environment: [:]),
                timeout: .seconds(120)
            )
            #expect(run.text == "TLSv1.3 done True\n", "\(run.errorText)")
            try await eventually("no connection") { server.connectionCount == 0 }
            await server.stop()
        }
    }

    @Test(.requires(openssl)) func `a certificate that isn't one, or isn't there, is said in a sentence`() async throws {
        try await withCertificate { files, folder in
            let bad = folder.path + "/bad.pem"
            try FileSystem.write(Array("no certificate".utf8), to: bad)
            #expect(throws: WebServerError(.badCertificate(bad))) { try start(TLSFiles(certificate: bad, key: files.key)) }
            let error = #expect(throws: WebServerError.self) { try start(TLSFiles(certificate: folder.path + "/none", key: files.key)) }
            #expect("\(String(describing: error))".contains("No such file"))
        }
    }
}
