package import Domain
package import FoundationEssentials
package import Storage

/// Who did what to which thing: written in the transaction that does it, never changed.
package struct AuditLog: Sendable {
    /// One line of it.
    package struct Entry: Sendable, Equatable {
        package let id: Int64
        /// Nil for what concerns all of them.
        package let organization: OrganizationID?
        /// A person, a worker, or the vault itself.
        package let actor: String
        /// `state.rolled_back`: the thing's kind, and what became of it.
        package let action: String
        /// `deployment:42/7`.
        package let subject: String
        /// A JSON object of texts; no secrets.
        package let details: String
        package let result: AuditResult
        /// The address that the request came from; empty for this machine's own commands and workers.
        package let source: String
        package let createdAt: Date
    }

    package init() {}

    /// Adds a line in the caller's transaction.
    ///
    /// - Parameters:
    ///   - action: `state.rolled_back`.
    ///   - subject: What it was done to.
    ///   - actor: Who did it.
    ///   - organization: Whose thing; nil for what concerns all of them.
    ///   - details: Facts; no secrets.
    ///   - result: What became of it.
    ///   - source: The address that the request came from; empty for this machine's own.
    ///   - now: The time.
    ///   - transaction: The one that does it.
    /// - Throws: ``StorageError``.
    package func append(
        _ action: String,
        of subject: String,
        by actor: String,
        organization: OrganizationID?,
        details: [String: String] = [:],
        result: AuditResult = .ok,
        from source: String = "",
        at now: Date,
        in transaction: Transaction
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(details.filter { !$0.value.isEmpty }), as: UTF8.self)
        try transaction.execute(
            """
            INSERT INTO audit_log (organization_id, actor, action, subject, details, result, source, created_at)
            VALUES (\(organization), \(actor), \(action), \(subject), \(text), \(result), \(source), \(now))
            """
        )
    }

    /// Adds a line by an author, whose address is kept with it; see the other.
    package func append(
        _ action: String,
        of subject: String,
        by author: Author,
        organization: OrganizationID?,
        details: [String: String] = [:],
        result: AuditResult = .ok,
        at now: Date,
        in transaction: Transaction
    ) throws {
        try append(
            action,
            of: subject,
            by: author.name,
            organization: organization,
            details: details,
            result: result,
            from: author.source,
            at: now,
            in: transaction
        )
    }

    /// Lists lines, newest first.
    ///
    /// - Parameters:
    ///   - filter: Which.
    ///   - before: Only smaller ids: the last of the page before.
    ///   - limit: The page's length.
    ///   - transaction: To read in.
    /// - Returns: The lines.
    /// - Throws: ``StorageError``.
    package func entries(
        _ filter: AuditFilter = AuditFilter(),
        before: Int64? = nil,
        limit: Int = 100,
        in transaction: Transaction
    ) throws(StorageError) -> [Entry] {
        let rows = try transaction.rows(
            """
            SELECT id, organization_id, actor, action, subject, details, result, source, created_at
            FROM audit_log
            WHERE id < \(before ?? Int64.max) AND \(sql: filter.condition)
            ORDER BY id DESC
            LIMIT \(max(0, limit))
            """
        )
        var entries: [Entry] = []
        for row in rows {
            entries.append(
                Entry(
                    id: try row.value("id"),
                    organization: try row.value("organization_id"),
                    actor: try row.value("actor"),
                    action: try row.value("action"),
                    subject: try row.value("subject"),
                    details: try row.value("details"),
                    result: try row.value("result"),
                    source: try row.value("source"),
                    createdAt: try row.value("created_at")
                )
            )
        }
        return entries
    }
}
