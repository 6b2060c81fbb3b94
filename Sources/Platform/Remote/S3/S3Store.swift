internal import FoundationEssentials
internal import Sealing

/// Objects in a bucket of S3, or of a store that speaks its protocol: MinIO, Ceph, DigitalOcean Spaces.
///
/// An object is sent in one request, so it may have 5 GiB at most.
package final class S3Store: ObjectStore {
    /// The least speed that a transfer's time limit allows for, in bytes per second.
    private static let leastSpeed = 256 * 1024
    private static let emptyHash = SHA256.hex([])

    private let location: S3Location
    private let endpoint: S3Endpoint
    private let caller: AWSCaller

    package var place: String { location.description }

    /// Makes a store; nothing is sent.
    ///
    /// - Parameters:
    ///   - location: The bucket, which must exist.
    ///   - client: Sends the requests.
    ///   - credentials: Asked for each request.
    ///   - environment: For a region (`AWS_REGION`) or an endpoint (`AWS_ENDPOINT_URL_S3`) that the location doesn't name.
    ///   - retries: For what may work later.
    /// - Throws: ``RemoteError/Reason/badLocation(_:)`` when there is no region, ``RemoteError/Reason/badURL(_:)``
    package init(
        _ location: S3Location,
        client: HTTPClient,
        credentials: AWSCredentialSource,
        environment: [String: String] = [:],
        retries: RetryPolicy = RetryPolicy()
    ) throws(RemoteError) {
        self.location = location
        endpoint = try S3Endpoint(location, environment: environment)
        caller = AWSCaller(
            client: client,
            credentials: credentials,
            region: endpoint.region,
            service: "s3",
            retries: retries,
            fault: { response in
                let document = XMLElement(document: response.body)
                return AWSFault(code: document?["Code"], message: document?["Message"])
            }
        )
    }

    @discardableResult
    package func put(_ bytes: [UInt8], at key: ObjectKey) async throws(RemoteError) -> PutCheck {
        let hash = SHA256.hash(bytes)
        let checksum = Data(hash).base64EncodedString()
        var request = HTTPRequest(.put, endpoint.url(key.prefixed(location.prefix)), body: bytes)
        request.headers = ["x-amz-checksum-sha256": checksum]
        request.timeout = Self.timeout(byteCount: bytes.count)
        let response = try await caller.send(request, contentHash: Hexadecimal.text(hash), accepting: [404])
        if response.status == 404 { throw missing(response) }
        return try await check(response, checksum: checksum, bytes: bytes, key: key)
    }

    package func get(_ key: ObjectKey, limit: Int) async throws(RemoteError) -> [UInt8]? {
        var request = HTTPRequest(.get, endpoint.url(key.prefixed(location.prefix)), headers: ["x-amz-checksum-mode": "ENABLED"])
        // Also room for the words of a refusal.
        request.responseLimit = max(limit, 64 * 1024)
        request.timeout = Self.timeout(byteCount: limit)
        let response: HTTPResponse
        do throws(RemoteError) {
            response = try await caller.send(request, contentHash: Self.emptyHash, accepting: [404])
        } catch {
            if case .tooLarge = error.reason { throw RemoteError(.tooLarge(limit: limit)) }
            throw error
        }
        if response.status == 404 {
            try requireBucket(response)
            return nil
        }
        guard response.body.count <= limit else { throw RemoteError(.tooLarge(limit: limit)) }
        if let stored = Self.checksum(of: response), stored != Data(SHA256.hash(response.body)).base64EncodedString() {
            throw RemoteError(.corrupted(key: key.text))
        }
        return response.body
    }

    package func head(_ key: ObjectKey) async throws(RemoteError) -> StoredObject? {
        guard let response = try await facts(of: key) else { return nil }
        guard let byteCount = response.headers[name: "Content-Length"].flatMap({ Int($0) }) else { throw malformed("no length") }
        return StoredObject(key: key, byteCount: byteCount, modifiedAt: response.headers[name: "Last-Modified"].flatMap(S3Date.header))
    }

    package func delete(_ key: ObjectKey) async throws(RemoteError) {
        let request = HTTPRequest(.delete, endpoint.url(key.prefixed(location.prefix)))
        let response = try await caller.send(request, contentHash: Self.emptyHash, accepting: [404])
        if response.status == 404 { try requireBucket(response) }
    }

    package func list(prefix: String, from position: ObjectPage.Position?, limit: Int) async throws(RemoteError) -> ObjectPage {
        let whole = location.prefix.isEmpty ? prefix : "\(location.prefix)/\(prefix)"
        var query = ["list-type": "2", "max-keys": "\(min(1000, max(1, limit)))", "prefix": whole]
        query["continuation-token"] = position?.text
        var request = HTTPRequest(.get, endpoint.url(query: query))
        request.responseLimit = 8 << 20
        let response = try await caller.send(request, contentHash: Self.emptyHash, accepting: [404])
        if response.status == 404 { throw missing(response) }
        guard let answer = XMLElement(document: response.body), answer.name == "ListBucketResult" else { throw malformed("no listing") }
        guard let page = ObjectPage(answer, below: location.prefix) else { throw malformed("an incomplete listing") }
        return page
    }

    // MARK: - Details

    /// Finds out whether the store holds what was sent, by the cheapest means that it offers.
    private func check(_ response: HTTPResponse, checksum: String, bytes: [UInt8], key: ObjectKey) async throws(RemoteError) -> PutCheck {
        if let stored = Self.checksum(of: response) {
            guard stored == checksum else { throw RemoteError(.corrupted(key: key.text)) }
            return .checksum
        }
        // A tag that differs proves nothing: not every store's tag is the MD5.
        if EntityTag.matches(response.headers[name: "ETag"], bytes) == true { return .entityTag }
        guard try await get(key, limit: bytes.count) == bytes else { throw RemoteError(.corrupted(key: key.text)) }
        return .readBack
    }

    private func facts(of key: ObjectKey) async throws(RemoteError) -> HTTPResponse? {
        let request = HTTPRequest(.head, endpoint.url(key.prefixed(location.prefix)))
        let response = try await caller.send(request, contentHash: Self.emptyHash, accepting: [404])
        return response.status == 404 ? nil : response
    }

    /// A missing bucket is no missing object.
    private func requireBucket(_ response: HTTPResponse) throws(RemoteError) {
        guard caller.fault(response).code == "NoSuchBucket" else { return }
        throw missing(response)
    }

    /// What a 404 means where no object was asked for.
    private func missing(_ response: HTTPResponse) -> RemoteError {
        let server = HTTPAddress.shown(endpoint.bucketURL)
        let code = caller.fault(response).code
        guard code.isEmpty || code == "NoSuchBucket" else { return malformed("404 · \(code)") }
        return RemoteError(.badLocation("there is no bucket \(location.bucket) at \(server): make it first"))
    }

    /// The SHA-256 of a whole object in base64; one with `-` at its end is of an object put in parts.
    private static func checksum(of response: HTTPResponse) -> String? {
        response.headers[name: "x-amz-checksum-sha256"].flatMap { $0.utf8.count == 44 ? $0 : nil }
    }

    private static func timeout(byteCount: Int) -> Duration { .seconds(60 + min(byteCount, 5 << 30) / leastSpeed) }

    private func malformed(_ why: String) -> RemoteError {
        RemoteError(.malformedAnswer(server: HTTPAddress.shown(endpoint.bucketURL), why: why))
    }
}
