package import Domain
internal import Storage

/// Which lines of the audit log; an empty filter means all.
package struct AuditFilter: Sendable, Hashable {
    /// Whose things; nil for everyone's, and for what concerns all of them.
    package var organization: OrganizationID?
    /// Exactly this actor.
    package var actor: String?
    /// `state.` or `state.rolled_back`: how the action begins.
    package var actionPrefix: String?
    package var result: AuditResult?

    package init(
        organization: OrganizationID? = nil,
        actor: String? = nil,
        actionPrefix: String? = nil,
        result: AuditResult? = nil
    ) {
        self.organization = organization
        self.actor = actor
        self.actionPrefix = actionPrefix
        self.result = result
    }

    /// What the rows have in common.
    var condition: SQL {
        var condition: SQL = "1 = 1"
        if let organization { condition = "\(sql: condition) AND organization_id = \(organization)" }
        if let actor { condition = "\(sql: condition) AND actor = \(actor)" }
        // Not LIKE: it would read % and _ in what was asked for, and SQLite's takes no notice of case.
        if let actionPrefix { condition = "\(sql: condition) AND substr(action, 1, length(\(actionPrefix))) = \(actionPrefix)" }
        if let result { condition = "\(sql: condition) AND result = \(result)" }
        return condition
    }
}
