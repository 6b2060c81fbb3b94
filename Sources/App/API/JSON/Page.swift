/// A page of a list, as it is answered.
package struct Page<Item: Codable & Sendable>: Codable, Sendable {
    package let items: [Item]
    /// What the following page begins after; nil: there is none.
    package let next: String?
}
