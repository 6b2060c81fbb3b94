import Host
import TestKit
import Testing

@testable import Remote

@Suite struct TLSTests {
    private static let openssl = RequiredTool("openssl", remedy: "install the package openssl")

    /// Runs `body` with an HTTPS server whose certificate is of nobody's authority, and with that certificate's file.
    private func withServer(name: String, _ body: (_ url: String, _ certificate: String) async throws -> Void) async throws {
        let openssl = try #require(Self.openssl.path)
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (key, certificate) = (folder.path + "/key.pem", folder.path + "/certificate.pem")
        let making = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
            "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=\(name)",
        ]
        #expect(try await ChildProcess.run(.init(openssl, making, environment: [:]), timeout: .seconds(30)).status.isSuccess)
        let port = try Loopback.freePort()
        let child = try ChildProcess.start(
            .init(
                openssl,
                ["s_server", "-accept", "127.0.0.1:\(port)", "-key", key, "-cert", certificate, "-www", "-quiet"],
                environment: [:]
            )
        )
        defer { child.signal(9, group: true) }
        try await eventually("openssl s_server") { Loopback.answers(port) }
        try await body("https://127.0.0.1:\(port)", certificate)
    }

    @Test(.requires(openssl)) func `a certificate that nobody vouches for is refused, and trusted when its file is named`() async throws {
        try await withServer(name: "IP:127.0.0.1") { url, certificate in
            let error = await #expect(throws: RemoteError.self) { try await HTTPClient().send(HTTPRequest(.get, url)) }
            guard case .tls(url, _) = error?.reason else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.isTransient == false)
            var options = HTTPOptions()
            options.certificateFile = certificate
            let answer = try await HTTPClient(options).send(HTTPRequest(.get, url))
            #expect(answer.status == 200)
        }
    }

    @Test(.requires(openssl)) func `a trusted certificate for another name is refused`() async throws {
        try await withServer(name: "DNS:other.example") { url, certificate in
            var options = HTTPOptions()
            options.certificateFile = certificate
            let error = await #expect(throws: RemoteError.self) { try await HTTPClient(options).send(HTTPRequest(.get, url)) }
            guard case .tls = error?.reason else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}
