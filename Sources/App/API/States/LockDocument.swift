package import FoundationEssentials
package import StateVault

/// Who keeps others from changing a state, as `--json` shows it.
package struct LockDocument: Codable, Sendable, CustomStringConvertible {
    package let lock: String
    package let holder: String
    package let reason: String
    package let createdAt: Date
    package let expiresAt: Date?

    package init(_ lock: StateLock) {
        self.lock = lock.id
        holder = lock.holder
        reason = lock.reason
        createdAt = lock.createdAt
        expiresAt = lock.expiresAt
    }

    package var description: String { "\(holder) holds it for \(reason) since \(createdAt.ISO8601Format()) (lock \(lock))" }

    static let schema = NamedSchema(
        "StateLock",
        .object([
            .init("lock", .string(), "Its id"),
            .init("holder", .string(), "Who"),
            .init("reason", .string(), "What for"),
            .init("createdAt", .moment, "Since when"),
            .optional("expiresAt", .moment, "None: until it is released"),
        ])
    )
}
