import StateVault

/// What differs between two versions, for people.
enum ComparisonText {
    static func show(_ comparison: StateComparison, on output: Output) {
        let paint = output.console.paint
        output.line("From version \(comparison.from.version) to version \(comparison.to.version):")
        if comparison.isEmpty { output.line("  no differences") }
        for address in comparison.added { output.line(paint.green("  + \(Harmless.line(address))")) }
        for resource in comparison.changed {
            var names = resource.attributes.map { $0.isSensitive ? "\($0.name) (sensitive)" : $0.name }
            if resource.statusChanged { names.append("tainted or not") }
            output.line(paint.yellow("  ~ \(Harmless.line(resource.address))") + ": \(Harmless.line(names.joined(separator: ", ")))")
        }
        for address in comparison.removed { output.line(paint.red("  - \(Harmless.line(address))")) }
        for change in comparison.outputs {
            output.line("  output \(Harmless.line(change.name)): \(change.change.rawValue)\(change.isSensitive ? " (sensitive)" : "")")
        }
    }
}

/// The same as `--json` has it.
struct ComparisonDocument: Encodable {
    struct Changed: Encodable {
        let address: String
        let attributes: [String]
        let sensitiveAttributes: [String]
        let statusChanged: Bool
    }

    struct Output: Encodable {
        let name: String
        let change: String
        let sensitive: Bool
    }

    let from: Int
    let to: Int
    let added: [String]
    let changed: [Changed]
    let removed: [String]
    let outputs: [Output]

    init(_ comparison: StateComparison) {
        from = comparison.from.version
        to = comparison.to.version
        added = comparison.added
        removed = comparison.removed
        changed = comparison.changed.map { resource in
            Changed(
                address: resource.address,
                attributes: resource.attributes.map(\.name),
                sensitiveAttributes: resource.attributes.filter(\.isSensitive).map(\.name),
                statusChanged: resource.statusChanged
            )
        }
        outputs = comparison.outputs.map { Output(name: $0.name, change: $0.change.rawValue, sensitive: $0.isSensitive) }
    }
}
