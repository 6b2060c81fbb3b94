package import Remote

/// Where backups lie; opened with the first use, so that a place that is away delays backups and nothing else.
package actor BackupPlace {
    /// For messages; without secrets.
    package nonisolated let name: String
    private let open: @Sendable () async throws(RemoteError) -> any ObjectStore
    private var opened: (any ObjectStore)?

    /// Names a configured place.
    ///
    /// - Parameters:
    ///   - location: A folder or a bucket.
    ///   - environment: For a bucket's access key and region.
    package init(_ location: ObjectLocation, environment: [String: String]) {
        name = location.description
        open = { () async throws(RemoteError) in try await location.open(client: HTTPClient(), environment: environment) }
    }

    /// Takes a store that is open.
    package init(_ store: any ObjectStore) {
        name = store.place
        opened = store
        open = { () async throws(RemoteError) in store }
    }

    /// The store.
    ///
    /// - Throws: ``RemoteError`` when it can't be opened; the next call tries again.
    package func store() async throws(RemoteError) -> any ObjectStore {
        if let opened { return opened }
        let store = try await open()
        opened = store
        return store
    }
}
