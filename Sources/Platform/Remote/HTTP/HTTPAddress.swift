internal import CCurl

/// An `http` or `https` URL, read by libcurl's own parser: what is checked is what is connected to.
struct HTTPAddress: Equatable {
    let scheme: String
    let host: String
    /// The port as written, nil for the scheme's own.
    let port: String?
    let path: String
    let hasUser: Bool
    let query: String?

    /// Scheme, host and port: all of it that may be shown.
    var server: String { "\(scheme)://\(authority)" }
    var authority: String { port.map { "\(host):\($0)" } ?? host }

    /// Reads a URL.
    ///
    /// - Throws: ``RemoteError/Reason/badURL(_:)``, without the URL, which may hold a secret; or ``RemoteError/Reason/failed(_:)`` when
    ///   libcurl is missing.
    init(_ text: String) throws(RemoteError) {
        // Every way to a server begins here.
        if let fault = slipway_load_libcurl() { throw RemoteError(.failed(String(cString: fault))) }
        let isPrintable = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isPrintable else { throw RemoteError(.badURL("it holds a space or a character that must be percent-encoded")) }
        guard let parts = curl_url() else { throw RemoteError(.failed("out of memory")) }
        defer { curl_url_cleanup(parts) }
        guard curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, of: parts), let host = Self.part(CURLUPART_HOST, of: parts), !host.isEmpty
        else { throw RemoteError(.badURL("it is no URL such as https://example.com/path")) }
        guard scheme == "http" || scheme == "https" else { throw RemoteError(.badURL("it begins with neither https:// nor http://")) }
        self.scheme = scheme
        self.host = host
        port = Self.part(CURLUPART_PORT, of: parts)
        path = Self.part(CURLUPART_PATH, of: parts) ?? "/"
        query = Self.part(CURLUPART_QUERY, of: parts)
        hasUser = Self.part(CURLUPART_USER, of: parts) != nil || Self.part(CURLUPART_PASSWORD, of: parts) != nil
    }

    /// What may be shown of a URL, readable or not.
    static func shown(_ text: String) -> String {
        // One that can't be read is refused when it is used; here it only must not be shown.
        (try? HTTPAddress(text))?.server ?? "an unreadable address"
    }

    private static func part(_ part: CURLUPart, of parts: OpaquePointer) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard slipway_curl_url_get(parts, part, &value) == CURLUE_OK, let value else { return nil }
        defer { curl_free(value) }
        return String(validatingCString: value)
    }
}
