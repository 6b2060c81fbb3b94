import Access
import Audit
import Domain
import Provisioning
import StateVault
import WebServer

/// Locks of states.
enum LockRoutes {
    static let all = [show, forceUnlock]

    private static let schema = NamedSchema(
        "StateLock",
        .object([
            .init("lock", .string(), "Its id"),
            .init("holder", .string(), "Who"),
            .init("reason", .string(), "What for"),
            .init("createdAt", .moment, "Since when"),
            .init("expiresAt", .nullable(.moment), "Null: until it is released"),
        ])
    )

    static let show = Route(
        "GET",
        "/api/deployments/:project/lock",
        name: "getLock",
        group: StateRoutes.group,
        "See who holds a state's lock",
        needs: .project(.read),
        answers: [.json(.object([.init("lock", .nullable(.named(schema)), "Null: nobody")]))]
    ) { call, deployment in
        let lock = try await call.services.vault.currentLock(of: deployment.id)
        return .json(.object([("lock", lock.map(document) ?? .null)]))
    }

    static let forceUnlock = Route(
        "DELETE",
        "/api/deployments/:project/lock",
        name: "forceUnlock",
        group: StateRoutes.group,
        "End a state's lock, whoever holds it",
        needs: .project(.forceUnlock),
        answers: [.json(.object([.init("lock", .nullable(.named(schema)), "What was ended; null: there was none")]))],
        record: .handler
    ) { call, deployment in
        let ended = try await end(deployment, call)
        return .json(.object([("lock", ended.map(document) ?? .null)]))
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

    private static func document(_ lock: StateLock) -> JSONNode {
        .object([
            ("lock", .text(lock.id)), ("holder", .text(lock.holder)), ("reason", .text(lock.reason)),
            ("createdAt", .moment(lock.createdAt)), ("expiresAt", JSONNode(lock.expiresAt)),
        ])
    }
}
