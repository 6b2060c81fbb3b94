/// Why a request about a deployment is refused.
package struct ProvisioningError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: String, Sendable, Equatable {
        case notFound = "not_found"
        case invalid
        case conflict
        case expired
    }

    package let reason: Reason
    /// One sentence that says what to change.
    package let description: String

    package init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
