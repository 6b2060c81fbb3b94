/// Why a request about servers, their keys or their registration is refused.
package struct RegistrationError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: String, Sendable, Equatable {
        case notFound = "not_found"
        case invalid
        case conflict
    }

    package let reason: Reason
    /// One sentence that says what to change.
    package let description: String

    package init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
