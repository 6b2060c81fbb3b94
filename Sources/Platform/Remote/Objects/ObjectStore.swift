/// A place for sealed bytes under names: a folder, or a bucket of something that speaks S3.
///
/// A put is all or nothing for whoever reads at the same time, and durable when it returns. All calls may be repeated. A key must not be
/// another one's beginning up to a slash: a folder can't hold both.
package protocol ObjectStore: Sendable {
    /// Where it is, for messages; without secrets.
    var place: String { get }

    /// Stores an object, in the place of one with the same key, and makes sure that what is stored is what was given.
    ///
    /// - Throws: ``RemoteError``; ``RemoteError/Reason/corrupted(key:)`` when the store holds something else afterwards.
    @discardableResult
    func put(_ bytes: [UInt8], at key: ObjectKey) async throws(RemoteError) -> PutCheck

    /// Reads an object of at most `limit` bytes; nil when there is none.
    ///
    /// - Throws: ``RemoteError``; ``RemoteError/Reason/tooLarge(limit:)``; ``RemoteError/Reason/corrupted(key:)`` when the bytes
    ///   don't have the checksum that the store keeps with them.
    func get(_ key: ObjectKey, limit: Int) async throws(RemoteError) -> [UInt8]?

    /// What is known of an object; nil when there is none.
    func head(_ key: ObjectKey) async throws(RemoteError) -> StoredObject?

    /// Removes an object; one that isn't there is no error.
    func delete(_ key: ObjectKey) async throws(RemoteError)

    /// Lists at most `limit` (1 to 1000) objects whose keys begin with `prefix`, which may end amid a word.
    func list(prefix: String, from position: ObjectPage.Position?, limit: Int) async throws(RemoteError) -> ObjectPage
}

extension ObjectStore {
    /// Calls `body` with every object whose key begins with `prefix`, page by page.
    package func forEach(prefix: String = "", pageSize: Int = 1000, _ body: (StoredObject) async throws -> Void) async throws {
        var position: ObjectPage.Position?
        repeat {
            let page = try await list(prefix: prefix, from: position, limit: pageSize)
            for object in page.objects { try await body(object) }
            position = page.next
        } while position != nil
    }
}

/// How a put was found to be right.
package enum PutCheck: Sendable, Equatable {
    /// The store's own SHA-256 of what it holds.
    case checksum
    /// The MD5 that the store names as the entity tag.
    case entityTag
    /// The object was read back and compared.
    case readBack
    /// The file system said that it is on the disk.
    case synced
}
