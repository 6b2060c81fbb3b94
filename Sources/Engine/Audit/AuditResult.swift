/// What became of what somebody wanted to do.
package enum AuditResult: String, Sendable, CaseIterable {
    case ok
    /// Not allowed to.
    case denied
    case failed
}
