internal import Events

/// Outputs as Terraform prints them: aligned names, values as HCL-like JSON, sensitive ones hidden.
enum OutputList {
    static func render(_ outputs: [String: OutputValue], style: LiveStyle) -> [String] {
        [style.paint.bold("Outputs:"), ""] + lines(outputs, symbols: style.symbols)
    }

    /// One line per output, sorted by name.
    static func lines(_ outputs: [String: OutputValue], symbols: Symbols) -> [String] {
        let width = outputs.keys.map(TextWidth.columns).max() ?? 0
        return outputs.sorted { $0.key < $1.key }
            .map { name, output in
                let value = output.sensitive ? "<sensitive>" : output.value ?? "null"
                return "\(TextWidth.pad(symbols.clean(name), to: width)) = \(symbols.clean(value))"
            }
    }
}
