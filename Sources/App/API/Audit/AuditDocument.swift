package import Audit
internal import Domain
package import FoundationEssentials

/// A line of the audit log, as `--json` prints it.
package struct AuditDocument: Codable, Sendable {
    package let id: Int64
    package let organization: Int64?
    package let actor: String
    package let action: String
    package let subject: String
    package let result: String
    package let source: String
    package let details: [String: String]
    package let createdAt: Date

    package init(_ entry: AuditLog.Entry) {
        id = entry.id
        organization = entry.organization?.rawValue
        actor = entry.actor
        action = entry.action
        subject = entry.subject
        result = entry.result.rawValue
        source = entry.source
        // What an older program wrote may be another kind of object.
        details = (try? JSONDecoder().decode([String: String].self, from: Data(entry.details.utf8))) ?? [:]
        createdAt = entry.createdAt
    }
}

extension AuditDocument {
    static let schema = NamedSchema(
        "AuditEntry",
        .object([
            .init("id", .integer, "Grows with time"),
            .optional("organization", .integer, "Whose thing; none: the installation's"),
            .init("actor", .string(), "Who"),
            .init("action", .string(), "What: state.rolled_back"),
            .init("subject", .string(), "To which thing: deployment:7"),
            .init("result", .choice(AuditResult.allCases.map(\.rawValue)), "What became of it"),
            .init("source", .string(), "The address that the request came from"),
            .init("details", .dictionary(.string()), "Facts"),
            .init("createdAt", .moment, "When"),
        ])
    )
}
