/// One header line.
package struct HeaderField: Sendable, Hashable {
    /// Compared without regard to case.
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
