package import FoundationEssentials

/// What a store knows of an object without its content.
package struct StoredObject: Sendable, Equatable {
    package let key: ObjectKey
    package let byteCount: Int
    /// By the store's clock; nil when it didn't say.
    package let modifiedAt: Date?

    package init(key: ObjectKey, byteCount: Int, modifiedAt: Date? = nil) {
        self.key = key
        self.byteCount = byteCount
        self.modifiedAt = modifiedAt
    }
}

/// Some of a store's objects, and where to go on.
package struct ObjectPage: Sendable, Equatable {
    /// In the order of their keys' bytes; objects whose name is no ``ObjectKey`` are left out.
    package let objects: [StoredObject]
    /// For the next call; nil when this was the last page.
    package let next: Position?

    /// A place in a listing that only the store it came from understands.
    package struct Position: Sendable, Equatable {
        let text: String
    }

    package init(objects: [StoredObject], next: Position?) {
        self.objects = objects
        self.next = next
    }
}
