/// Who the client is, when a proxy stands before the server.
enum Forwarding {
    /// The client as a trusted proxy says it: the last address of `X-Forwarded-For` that is no trusted proxy itself.
    ///
    /// - Parameters:
    ///   - client: As the connection says it; `host` is that of the `Host` line.
    ///   - headers: The request's.
    ///   - proxies: Whose word counts.
    /// - Returns: The client; what the proxy didn't say, or said badly, stays as it was.
    static func client(_ client: Client, headers: HeaderFields, trusting proxies: [AddressRange]) -> Client {
        var client = client
        let addresses = headers.all("X-Forwarded-For").flatMap { $0.split(separator: ",") }.map { IPAddress(withoutPort($0)) }
        for address in addresses.reversed() {
            guard let address else { break }
            client.address = address.text
            if !proxies.contains(where: { $0.contains(address) }) { break }
        }
        if let scheme = last("X-Forwarded-Proto", in: headers)?.lowercased(), ["http", "https"].contains(scheme) { client.scheme = scheme }
        if let host = last("X-Forwarded-Host", in: headers), isHost(host) { client.host = host }
        return client
    }

    private static func last(_ name: String, in headers: HeaderFields) -> String? {
        headers.all(name).last?.split(separator: ",").last.map { String($0).trimmed }
    }

    /// `192.0.2.1:80` and `[2001:db8::1]:80` are seen, too.
    private static func withoutPort(_ text: Substring) -> String {
        let text = String(text).trimmed
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") { return String(text[text.index(after: text.startIndex)..<end]) }
        if text.contains("."), let colon = text.firstIndex(of: ":") { return String(text[..<colon]) }
        return text
    }

    private static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/\\\"<>@?#".utf8.contains($0) }
    }
}
