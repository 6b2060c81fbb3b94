internal import Host

/// A provider of the store in use by a run: as long as this is kept, nobody removes it.
struct GivenProvider: Sendable {
    let provider: StoredProvider
    private let lock: FileLock

    init(_ provider: StoredProvider, lock: FileLock) {
        self.provider = provider
        self.lock = lock
    }
}
