package import Storage

/// Thrown by a handler whose attempt failed.
package struct JobFailure: Error, Sendable, CustomStringConvertible {
    /// Writes that commit with the end of the attempt, told whether another attempt follows.
    package typealias Alongside = @Sendable (Transaction, _ willRetry: Bool) throws -> Void

    package let reason: FailureClass
    /// For the person who asked for the job: what happened and what to do; no secrets.
    package let message: String
    /// The service's or Terraform's own word for it, when there is one; else the class's.
    package let code: String
    package let alongside: Alongside?

    package init(_ reason: FailureClass, message: String, code: String? = nil, alongside: Alongside? = nil) {
        self.reason = reason
        self.message = message
        self.code = code ?? reason.rawValue
        self.alongside = alongside
    }

    /// A second try can succeed.
    package var isTransient: Bool { reason.isTransient }

    package var description: String { "\(code): \(message)" }
}
