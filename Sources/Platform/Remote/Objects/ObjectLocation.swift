/// Where objects are stored: `file:///path` or `s3://bucket/prefix?…`.
package enum ObjectLocation: Sendable, Equatable, CustomStringConvertible {
    case folder(path: String)
    case s3(S3Location)

    /// Reads an address.
    ///
    /// - Throws: ``RemoteError/Reason/badLocation(_:)`` with what to write instead.
    package static func parse(_ text: String) throws(RemoteError) -> ObjectLocation {
        if text.hasPrefix("s3://") { return .s3(try S3Location.parse(text)) }
        if text.hasPrefix("file://"), let path = PercentEncoding.decode(text.dropFirst("file://".count)), path.hasPrefix("/"),
            !path.utf8.contains(0)
        {
            return .folder(path: path)
        }
        throw RemoteError(.badLocation("write the place of the backups as file:///FOLDER or s3://BUCKET/PREFIX"))
    }

    /// Opens the store; a folder is made when it is missing, a bucket must exist.
    ///
    /// - Parameters:
    ///   - client: Sends the requests of a bucket.
    ///   - environment: For the access key and the region of a bucket that doesn't name one.
    /// - Returns: The store.
    /// - Throws: ``RemoteError`` when the folder can't be made, or the region or the endpoint is missing or wrong.
    package func open(client: HTTPClient, environment: [String: String]) async throws(RemoteError) -> any ObjectStore {
        switch self {
        case .folder(let path): try await FolderStore.open(path)
        case .s3(let location):
            try S3Store(location, client: client, credentials: .environment(environment), environment: environment)
        }
    }

    package var description: String {
        switch self {
        case .folder(let path): "file://\(path)"
        case .s3(let location): location.description
        }
    }
}
