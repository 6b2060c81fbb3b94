import Access
import Audit
import Domain
import Storage
import WebServer

/// Who did what to which thing, from where, with which result.
enum AuditRoutes {
    static let all = [list]

    static let list = Route(
        "GET",
        "/api/audit",
        name: "listAudit",
        group: "Audit",
        "List an organization's audit log, newest first; with all=1 the installation's",
        needs: .login,
        query: [
            .organization, QueryParameter("all", .boolean, "The installation's; needs an administrator"), .everywhere,
            QueryParameter("actor", .string(), "Only of this one: user:anna"),
            QueryParameter("action", .string(), "Only what begins so: state."),
            QueryParameter("result", .choice(AuditResult.allCases.map(\.rawValue)), "Only with this result"),
        ] + QueryParameter.page,
        answers: [.json(Schema.page(of: AuditDocument.schema))]
    ) { call, _ in
        let (limit, before) = (try call.limit(), try call.after())
        var filter = AuditFilter(
            actor: call.query("actor"),
            actionPrefix: call.query("action"),
            result: try call.query("result", as: AuditResult.self)
        )
        if try call.queryFlag("all") {
            guard try call.principal.allowsAdministration else {
                throw Problem.forbidden("Only an administrator may see everyone's audit.")
            }
        } else {
            filter.organization = try await call.organizationUnlessEverywhere(allowing: .audit)?.id
        }
        let wanted = filter
        let found = try await call.services.database.read { try AuditLog().entries(wanted, before: before, limit: limit + 1, in: $0) }
        return try .page(found, limit: limit, cursor: { String($0.id) }, AuditDocument.init)
    }
}
