package import StateVault

/// What differs between two versions of a state; values are never in it.
package struct ComparisonDocument: Codable, Sendable {
    package struct Changed: Codable, Sendable {
        package let address: String
        package let attributes: [String]
        package let sensitiveAttributes: [String]
        package let statusChanged: Bool
    }

    package struct Output: Codable, Sendable {
        package let name: String
        package let change: String
        package let sensitive: Bool
    }

    package let from: Int
    package let to: Int
    package let added: [String]
    package let changed: [Changed]
    package let removed: [String]
    package let outputs: [Output]

    package var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty && outputs.isEmpty }

    /// Makes a document.
    ///
    /// - Parameters:
    ///   - comparison: What was found.
    ///   - mask: Makes an address fit for whoever reads it.
    package init(_ comparison: StateComparison, mask: (String) -> String = { $0 }) {
        from = comparison.from.version
        to = comparison.to.version
        added = comparison.added.map(mask)
        removed = comparison.removed.map(mask)
        changed = comparison.changed.map { resource in
            Changed(
                address: mask(resource.address),
                attributes: resource.attributes.map(\.name),
                sensitiveAttributes: resource.attributes.filter(\.isSensitive).map(\.name),
                statusChanged: resource.statusChanged
            )
        }
        outputs = comparison.outputs.map { Output(name: $0.name, change: $0.change.rawValue, sensitive: $0.isSensitive) }
    }
}

extension ComparisonDocument {
    static let schema = NamedSchema(
        "StateComparison",
        .object([
            .init("from", .integer, "A version"),
            .init("to", .integer, "A version"),
            .init("added", .list(.string()), "Addresses"),
            .init(
                "changed",
                .list(
                    .object([
                        .init("address", .string(), "Of the resource"),
                        .init("attributes", .list(.string()), "That differ, sensitive ones included"),
                        .init("sensitiveAttributes", .list(.string()), "Those that are sensitive"),
                        .init("statusChanged", .boolean, "Tainted or not"),
                    ])
                ),
                "Resources that differ"
            ),
            .init("removed", .list(.string()), "Addresses"),
            .init(
                "outputs",
                .list(
                    .object([
                        .init("name", .string(), "Of the output"), .init("change", .string(), "added, changed or removed"),
                        .init("sensitive", .boolean, "Whether it is"),
                    ])
                ),
                "Outputs that differ"
            ),
        ])
    )
}
