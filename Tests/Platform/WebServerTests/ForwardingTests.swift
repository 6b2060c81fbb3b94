import TestKit
import Testing

@testable import WebServer

@Suite struct ForwardingTests {
    private static let lines =
        "X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.1.2.3\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\nX-Request-Id: from-proxy_1.2\r\n"

    @Sendable private static func describe(_ request: Request) -> Response {
        .text("\(request.client.address) \(request.client.scheme) \(request.client.host) \(request.id == "from-proxy_1.2")")
    }

    @Test(arguments: [
        ([String](), "127.0.0.1 http h false"),
        (["10.0.0.0/8"], "127.0.0.1 http h false"),
        (["127.0.0.1"], "10.1.2.3 https shop.example true"),
        (["127.0.0.0/8", "10.0.0.0/8"], "203.0.113.7 https shop.example true"),
        (["127.0.0.0/8", "0.0.0.0/0"], "6.6.6.6 https shop.example true"),
    ]) func `what a proxy says counts when the proxy is trusted`(_ trusted: [String], _ expected: String) async throws {
        try await withServer({ $0.trustedProxies = trusted.compactMap { AddressRange($0) } }, Self.describe) { _, port in
            let client = try RawClient(port: port)
            #expect(try await client.ask("GET / HTTP/1.1\r\nHost: h\r\n\(Self.lines)\r\n").text == expected)
            // The word of one request is not the next one's.
            #expect(try await client.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").text == "127.0.0.1 http h false")
        }
    }

    @Test(arguments: [
        ("X-Forwarded-For: nonsense", "127.0.0.1 http h false"), ("X-Forwarded-For: 1.2.3.4, nonsense", "127.0.0.1 http h false"),
        ("X-Forwarded-For: 1.2.3.4:8080", "1.2.3.4 http h false"), ("X-Forwarded-For: [2001:db8::1]:80", "2001:db8::1 http h false"),
        ("X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 1.2.3.4", "1.2.3.4 http h false"),
        ("X-Forwarded-Proto: javascript", "127.0.0.1 http h false"), ("X-Forwarded-Host: a/b", "127.0.0.1 http h false"),
        ("X-Request-Id: a b", "127.0.0.1 http h false"),
    ]) func `nonsense of a trusted proxy changes nothing`(_ line: String, _ expected: String) async throws {
        try await withServer({ $0.trustedProxies = [AddressRange("127.0.0.1")].compactMap(\.self) }, Self.describe) { _, port in
            let client = try RawClient(port: port)
            #expect(try await client.ask("GET / HTTP/1.1\r\nHost: h\r\n\(line)\r\n\r\n").text == expected)
        }
    }
}
