import Access
import Audit
import Domain
import Storage
import WebServer

/// Who did what to which thing, from where, with which result.
enum AuditRoutes {
    static let all = [list]

    private static let schema = NamedSchema(
        "AuditEntry",
        .object([
            .init("id", .integer, "Grows with time"),
            .init("organization", .nullable(.integer), "Whose thing; null: the installation's"),
            .init("actor", .string(), "Who"),
            .init("action", .string(), "What: state.rolled_back"),
            .init("subject", .string(), "To which thing: deployment:7"),
            .init("details", .dictionary(.string()), "Facts"),
            .init("result", .choice(AuditResult.allCases.map(\.rawValue)), "What became of it"),
            .init("source", .string(), "The address that the request came from"),
            .init("createdAt", .moment, "When"),
        ])
    )

    static let list = Route(
        "GET",
        "/api/audit",
        name: "listAudit",
        group: "Audit",
        "List an organization's audit log, newest first; with all=1 the installation's",
        needs: .login,
        query: [
            .organization, QueryParameter("all", .boolean, "The installation's; needs an administrator"),
            QueryParameter("actor", .string(), "Only of this one: user:anna"),
            QueryParameter("action", .string(), "Only what begins so: state."),
            QueryParameter("result", .choice(AuditResult.allCases.map(\.rawValue)), "Only with this result"),
        ] + QueryParameter.page,
        answers: [.json(Schema.page(of: schema))]
    ) { call, _ in
        let (limit, before) = (try call.limit(), try call.after())
        var filter = AuditFilter(
            actor: try call.query("actor"),
            actionPrefix: try call.query("action"),
            result: try call.query("result", as: AuditResult.self)
        )
        if try call.queryFlag("all") {
            guard try call.principal.allowsAdministration else {
                throw Problem.forbidden("Only an administrator may see everyone's audit.")
            }
        } else {
            filter.organization = try await call.organization(named: try call.namedOrganization, allowing: .audit).id
        }
        let wanted = filter
        let found = try await call.services.database.read { try AuditLog().entries(wanted, before: before, limit: limit + 1, in: $0) }
        let shown: [JSONNode] = found.prefix(limit).map { entry in
            .object([
                ("id", JSONNode(entry.id)), ("organization", entry.organization.map { JSONNode($0.rawValue) } ?? .null),
                ("actor", .text(entry.actor)), ("action", .text(entry.action)), ("subject", .text(entry.subject)),
                ("details", .raw(entry.details)), ("result", .text(entry.result.rawValue)), ("source", .text(entry.source)),
                ("createdAt", .moment(entry.createdAt)),
            ])
        }
        let next = found.count > limit ? String(found[limit - 1].id) : nil
        return .json(.object([("items", .list(shown)), ("next", JSONNode(next))]))
    }
}
