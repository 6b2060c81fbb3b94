import Access
import Audit
import Domain
import Provisioning
import Storage
import WebServer

/// Takes a run, once: a request that comes again with its `Idempotency-Key` is answered as before.
enum RunAcceptance {
    static let schema = NamedSchema(
        "AcceptedJob",
        .object([
            .init("jobId", .string(), "Ask /api/deploy/status for it"),
            .init("status", .choice(["accepted"]), "It is queued, durably"),
            .init("message", .string(), "What begins"),
        ])
    )

    /// Queues a run, with its line in the audit and the answer to its key in one transaction.
    ///
    /// - Throws: What the queue refuses.
    static func accept(
        _ run: RunRequest,
        _ call: Call,
        _ organization: WorkingOrganization,
        message: String
    ) async throws -> Response {
        let key = try call.idempotency(in: organization.id)
        if let kept = try await kept(key, call) { return kept }
        let (author, now, store) = (try call.author, call.now, IdempotencyStore())
        var run = run
        run.credentials = try await credentials(run, call)
        let action = run.options.action.rawValue
        do {
            let job = try await call.services.submission.submit(run) { submitted, transaction in
                // Renamed meanwhile, and another made with its name.
                guard submitted.organization == organization.id else {
                    throw Problem.conflict("The organization was renamed meanwhile; try again.")
                }
                try AuditLog().append(
                    "run.requested",
                    of: "deployment:\(submitted.deployment)",
                    by: author,
                    organization: organization.id,
                    details: ["job": submitted.job.rawValue, "action": action, "request": call.request.id],
                    at: now,
                    in: transaction
                )
                guard let key else { return }
                let body = String(decoding: answer(submitted.job.rawValue, message).bytes, as: UTF8.self)
                try store.keep(.init(status: 202, body: body), for: key, at: now, in: transaction)
            }
            return .json(answer(job.rawValue, message), status: 202, headers: [HeaderField("Location", "/api/deploy/status/\(job)")])
        } catch let error as AccessError where error.reason == .conflict {
            // The same request was faster on another connection.
            if let kept = try await self.kept(key, call) { return kept }
            throw error
        }
    }

    private static func answer(_ job: String, _ message: String) -> JSONNode {
        .object([("jobId", .text(job)), ("status", "accepted"), ("message", .text(message))])
    }

    private static func kept(_ key: IdempotencyStore.Request?, _ call: Call) async throws -> Response? {
        guard let key else { return nil }
        let now = call.now
        let kept = try await call.services.database.read { try IdempotencyStore().answer(to: key, at: now, in: $0) }
        guard let kept else { return nil }
        return .json(.raw(kept.body), status: kept.status, headers: [HeaderField("Idempotent-Replayed", "true")])
    }

    /// The credentials that were named; else the one called `default`, when the organization has it.
    private static func credentials(_ run: RunRequest, _ call: Call) async throws -> [String] {
        guard run.credentials.isEmpty else { return run.credentials }
        let known = try await call.services.credentials.list(organization: run.organization)
        return known.contains { $0.name == "default" } ? ["default"] : []
    }
}
