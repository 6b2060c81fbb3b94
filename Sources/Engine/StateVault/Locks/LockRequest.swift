package import Domain

/// Who wants the lock of a deployment's state, and for how long at once.
package struct LockRequest: Sendable {
    /// How long a lock lives without a heartbeat, unless told otherwise: what a dead holder may cost others.
    package static let standardLifetime: Duration = .seconds(60)

    package let deployment: DeploymentID
    /// The holder's handle, which renewing and unlocking need.
    package let id: String
    /// As the next one to ask shall read it.
    package let holder: String
    package let reason: String
    /// The lock in the holder's words, JSON.
    package let info: String?
    /// Claimed with the lock when given.
    package let fence: Fence?
    /// Nil: it is held until it is released, or a person ends it: for holders that can't send a heartbeat.
    package let lifetime: Duration?

    package init(
        _ deployment: DeploymentID,
        id: String,
        holder: String,
        reason: String,
        info: String? = nil,
        fence: Fence? = nil,
        lifetime: Duration? = standardLifetime
    ) {
        self.deployment = deployment
        self.id = id
        self.holder = holder
        self.reason = reason
        self.info = info
        self.fence = fence
        self.lifetime = lifetime
    }
}
