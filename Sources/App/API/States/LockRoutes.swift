import Access
import Audit
import Domain
import Provisioning
import StateVault
import WebServer

/// Locks of states.
enum LockRoutes {
    static let all = [show, forceUnlock]

    static let show = Route(
        "GET",
        "/api/deployments/:project/lock",
        name: "getLock",
        group: StateRoutes.group,
        "See who holds a state's lock",
        needs: .project(.read),
        answers: [.json(.object([.init("lock", .nullable(.named(LockDocument.schema)), "Null: nobody")]))]
    ) { call, deployment in
        let lock = try await call.services.vault.currentLock(of: deployment.id)
        return try answer(lock)
    }

    static let forceUnlock = Route(
        "DELETE",
        "/api/deployments/:project/lock",
        name: "forceUnlock",
        group: StateRoutes.group,
        "End a state's lock, whoever holds it",
        needs: .project(.forceUnlock),
        answers: [.json(.object([.init("lock", .nullable(.named(LockDocument.schema)), "What was ended; null: there was none")]))],
        record: .handler
    ) { call, deployment in
        let ended = try await end(deployment, call)
        return try answer(ended)
    }

    /// Ends the lock, with its line in the audit.
    static func end(_ deployment: Deployment, _ call: Call) async throws -> StateLock? {
        let (author, now) = (try call.author, call.now)
        return try await call.services.locks.end(deployment.id) { lock, transaction in
            try AuditLog().append(
                "state.unlocked",
                of: "deployment:\(deployment.id)",
                by: author,
                organization: deployment.organization,
                details: ["lock": lock.id, "holder": lock.holder, "reason": lock.reason],
                at: now,
                in: transaction
            )
        }
    }

    private static func answer(_ lock: StateLock?) throws -> Response {
        .json(.object([("lock", try lock.map { try .encoding(LockDocument($0)) } ?? .null)]))
    }
}
