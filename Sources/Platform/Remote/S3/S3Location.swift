/// A bucket, and where in it: `s3://bucket/prefix?endpoint=…&region=…&path-style=1`.
package struct S3Location: Sendable, Equatable {
    package let bucket: String
    /// Before every key, without slashes at its ends; may be empty.
    package let prefix: String
    /// `https://host:port` of a store that is not AWS.
    package let endpoint: String?
    package let region: String?
    /// The bucket in the path instead of in the host's name; nil: as the endpoint and the bucket's name demand.
    package let isPathStyle: Bool?

    package init(bucket: String, prefix: String = "", endpoint: String? = nil, region: String? = nil, isPathStyle: Bool? = nil) {
        self.bucket = bucket
        self.prefix = prefix
        self.endpoint = endpoint
        self.region = region
        self.isPathStyle = isPathStyle
    }

    /// Reads an address.
    ///
    /// - Throws: ``RemoteError/Reason/badLocation(_:)`` with what to write instead.
    package static func parse(_ text: String) throws(RemoteError) -> S3Location {
        guard text.hasPrefix("s3://") else { throw wrong("begins with s3://, as s3://BUCKET/PREFIX?region=REGION does") }
        let parts = text.dropFirst("s3://".count).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let names = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if names[0].contains("@") { throw wrong("holds no access key: put it into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") }
        let bucket = String(names[0])
        guard isBucketName(bucket) else {
            throw wrong("names a bucket of 3 to 63 lower-case letters, digits, dots and hyphens, not \"\(bucket.harmless)\"")
        }
        var options = try options(parts.count > 1 ? parts[1] : "")
        let endpoint = try options.removeValue(forKey: "endpoint").map(endpoint)
        let region = options.removeValue(forKey: "region")
        if let region, !isRegionName(region) { throw wrong("has a region such as eu-central-1, not \"\(region.harmless)\"") }
        let isPathStyle = try options.removeValue(forKey: "path-style").map(flag)
        if let unknown = options.keys.min() {
            throw wrong("knows the options endpoint, region and path-style, not \"\(unknown.harmless)\"")
        }
        let prefix = try prefix(names.count > 1 ? names[1] : "")
        return S3Location(bucket: bucket, prefix: prefix, endpoint: endpoint, region: region, isPathStyle: isPathStyle)
    }

    /// Whether it goes into an AWS signature, and into a host's name.
    static func isRegionName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    // MARK: - Details

    private static func isBucketName(_ text: String) -> Bool {
        guard (3...63).contains(text.utf8.count), let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isLetterOrDigit(first) && isLetterOrDigit(last) && !text.contains("..")
            && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func prefix(_ text: Substring) throws(RemoteError) -> String {
        var prefix = text
        while prefix.last == "/" { prefix.removeLast() }
        guard let decoded = PercentEncoding.decode(prefix) else { throw wrong("has a prefix with a broken % in it") }
        // A prefix is the beginning of a key, and must leave room for the rest of it.
        guard !decoded.isEmpty else { return "" }
        guard decoded.utf8.count <= 100, (try? ObjectKey(decoded)) != nil else {
            throw wrong("has a prefix of at most 100 bytes, of words between single slashes, not \"\(decoded.harmless)\"")
        }
        return decoded
    }

    private static func options(_ text: Substring) throws(RemoteError) -> [String: String] {
        var options: [String: String] = [:]
        for option in text.split(separator: "&") {
            let sides = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let value = PercentEncoding.decode(sides[1]), !value.isEmpty else {
                throw wrong("gives each option a value, as region=eu-central-1 does; \"\(sides[0].harmless)\" has none")
            }
            guard options.updateValue(value, forKey: String(sides[0])) == nil else { throw wrong("gives \"\(sides[0].harmless)\" once") }
        }
        return options
    }

    /// The endpoint with its scheme, and without a slash at its end.
    static func endpoint(_ text: String) throws(RemoteError) -> String {
        let url = text.contains("://") ? text : "https://\(text)"
        guard let address = try? HTTPAddress(url) else {
            throw wrong("has an endpoint such as https://s3.example.com, which this one is not")
        }
        guard !address.hasUser, address.path == "/", address.query == nil else {
            throw wrong("has an endpoint of scheme, host and port only, such as https://s3.example.com:9000")
        }
        return address.server
    }

    private static func flag(_ text: String) throws(RemoteError) -> Bool {
        switch text {
        case "1", "true", "yes": return true
        case "0", "false", "no": return false
        default: throw wrong("has path-style=1 or path-style=0")
        }
    }

    private static func wrong(_ what: String) -> RemoteError { RemoteError(.badLocation("the address of a bucket \(what)")) }
}

extension S3Location: CustomStringConvertible {
    package var description: String {
        let path = prefix.isEmpty ? "" : "/\(prefix)"
        return "s3://\(bucket)\(path)" + (endpoint.map { " at \($0)" } ?? "")
    }
}
