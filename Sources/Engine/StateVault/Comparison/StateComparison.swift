/// What differs between two states; names only, never a value.
///
/// Terraform before 1.10 does not mark the attributes that a provider calls sensitive, so that no value of an attribute is known to be
/// harmless.
package struct StateComparison: Sendable, Equatable {
    /// One attribute of a resource, at the top of its attributes.
    package struct Attribute: Sendable, Equatable {
        package let name: String
        /// Marked as sensitive in one of the two states.
        package let isSensitive: Bool
    }

    /// A resource that both states have.
    package struct ChangedResource: Sendable, Equatable {
        package let address: String
        /// In the order of their names.
        package let attributes: [Attribute]
        /// Became tainted or ceased to be, moved to another provider, or such.
        package let statusChanged: Bool
    }

    /// An output of either state.
    package struct Output: Sendable, Equatable {
        package enum Change: String, Sendable { case added, changed, removed }
        package let name: String
        package let change: Change
        package let isSensitive: Bool
    }

    package let from: StateVersion
    package let to: StateVersion
    /// Addresses, in order.
    package let added: [String]
    package let removed: [String]
    package let changed: [ChangedResource]
    package let outputs: [Output]

    package var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty && outputs.isEmpty }
}
