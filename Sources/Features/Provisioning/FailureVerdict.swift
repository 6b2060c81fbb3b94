internal import Events
internal import Jobs
internal import Terraform

/// What Terraform's errors mean to the queue.
struct FailureVerdict: Sendable, Equatable {
    let reason: FailureClass
    /// Terraform's side of it, finer than the class.
    let code: String

    init(_ errors: [Diagnostic], exit: RunExit) {
        let cause = FailureCause(of: errors, exit: exit)
        reason = Self.reason(for: cause)
        code = cause.rawValue
    }

    static func reason(for cause: FailureCause) -> FailureClass {
        switch cause {
        case .network: .network
        case .dns: .dns
        case .throttling: .throttling
        case .serverError: .serverError
        case .lockContention: .lockContention
        case .memory: .lostWorker
        case .syntax: .syntax
        case .missingVariable, .validation, .unknownModule, .unknownProvider, .backend, .provisioner: .validation
        case .credentials, .permission: .permission
        case .quota: .quota
        case .conflict: .conflict
        case .unknown: .unknown
        }
    }
}

extension DiagnosticReport {
    init(_ diagnostic: Diagnostic) {
        self.init(
            severity: diagnostic.severity == .error ? .error : .warning,
            summary: diagnostic.summary,
            detail: diagnostic.detail,
            address: diagnostic.address,
            file: diagnostic.file,
            line: diagnostic.line,
            snippet: diagnostic.code,
            advice: diagnostic.severity == .error ? FailureCause.hint(for: diagnostic) : nil
        )
    }
}
