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
