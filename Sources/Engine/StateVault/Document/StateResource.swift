/// One instance of a resource or data source in a state.
package struct StateResource: Sendable, Equatable, CustomStringConvertible {
    /// As Terraform writes it: `module.a["x"].aws_instance.web[0]`.
    package let address: String
    /// `aws_instance`.
    package let type: String
    /// A resource, not a data source: Terraform made it and can destroy it.
    package let isManaged: Bool
    /// Creation was interrupted or failed after it began: the next apply replaces it.
    package let isTainted: Bool
    /// A replaced object that still has to be destroyed.
    package let isDeposed: Bool

    package var description: String { address }
}
