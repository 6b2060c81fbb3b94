/// Makes the URLs of a bucket's objects.
struct S3Endpoint: Sendable, Equatable {
    let region: String
    /// The bucket's own URL, without a slash at its end.
    let bucketURL: String

    /// Takes a region and an endpoint that the location doesn't name from the environment.
    ///
    /// - Throws: ``RemoteError/Reason/badLocation(_:)`` without any region.
    init(_ location: S3Location, environment: [String: String]) throws(RemoteError) {
        var endpoint = location.endpoint
        for name in ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] where endpoint == nil {
            if let url = environment[name], !url.isEmpty { endpoint = try S3Location.endpoint(url) }
        }
        let region = if let named = location.region { named } else { try AWSRegion.find(environment) }
        // Stores that are not AWS mostly ignore the region, and take this one when they don't.
        guard let region = region ?? (endpoint == nil ? nil : "us-east-1") else {
            throw RemoteError(.badLocation("the region of bucket \(location.bucket) is missing: add ?region=REGION or set AWS_REGION"))
        }
        self.region = region
        let address = try HTTPAddress(endpoint ?? "https://s3.\(region).\(AWSRegion.domain(region))")
        // A certificate for *.s3.… covers no second dot, and an address in numbers has no names below it.
        let isPathStyle = location.isPathStyle ?? (location.bucket.contains(".") || Self.isLocal(address.host))
        bucketURL =
            isPathStyle
            ? "\(address.server)/\(location.bucket)" : "\(address.scheme)://\(location.bucket).\(address.authority)"
    }

    /// The URL of an object, by its key with the store's prefix.
    func url(_ key: String) -> String { "\(bucketURL)/\(PercentEncoding.encode(key, keeping: "/"))" }

    func url(query: [String: String]) -> String {
        // A path-style listing is asked of the bucket, without a slash; libcurl signs what it sends, which has one at the least.
        "\(bucketURL)?\(PercentEncoding.query(query))"
    }

    private static func isLocal(_ host: String) -> Bool {
        host == "localhost" || host.hasPrefix("[") || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    }
}
