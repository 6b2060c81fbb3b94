/// One output value of a state, its value and type as JSON text.
package struct StateOutput: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    package let name: String
    /// Any JSON value, as Terraform wrote it.
    package let value: String
    /// Terraform's type expression in JSON: `"string"`, `["list","string"]`, `["object",{…}]`.
    package let type: String
    package let isSensitive: Bool

    /// The name alone: values may be secret even where nobody marked them.
    package var description: String { isSensitive ? "\(name) (sensitive)" : name }
    package var debugDescription: String { description }
}
