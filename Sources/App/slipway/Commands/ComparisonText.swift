import API
import Log

/// What differs between two versions, for people.
enum ComparisonText {
    static func show(_ comparison: ComparisonDocument, on output: Output) {
        let paint = output.console.paint
        output.line("From version \(comparison.from) to version \(comparison.to):")
        if comparison.isEmpty { output.line("  no differences") }
        for address in comparison.added { output.line(paint.green("  + \(Harmless.line(address))")) }
        for resource in comparison.changed {
            let sensitive = Set(resource.sensitiveAttributes)
            var names = resource.attributes.map { sensitive.contains($0) ? "\($0) (sensitive)" : $0 }
            if resource.statusChanged { names.append("tainted or not") }
            output.line(paint.yellow("  ~ \(Harmless.line(resource.address))") + ": \(Harmless.line(names.joined(separator: ", ")))")
        }
        for address in comparison.removed { output.line(paint.red("  - \(Harmless.line(address))")) }
        for change in comparison.outputs {
            output.line("  output \(Harmless.line(change.name)): \(change.change)\(change.sensitive ? " (sensitive)" : "")")
        }
    }
}
