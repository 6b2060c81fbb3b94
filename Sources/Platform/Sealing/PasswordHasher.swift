internal import Dispatch
internal import Synchronization

/// Hashes passwords on two queues of its own: a crowd of logins takes at most 64 MiB and none of Swift's threads.
package final class PasswordHasher: Sendable {
    /// More wait than make sense: try again later.
    package struct Busy: Error, Sendable, CustomStringConvertible {
        package let description = "too many people log in at once: try again in a few seconds"
    }

    private let cost: Scrypt.Cost
    private let waitingLimit: Int
    private let lanes = (0..<2).map { DispatchQueue(label: "slipway.passwords.\($0)") }
    /// How many each lane has.
    private let loads = Mutex([0, 0])
    /// Of nobody's password, to be compared with where there is no user.
    private let dummy = Mutex<PasswordHash?>(nil)

    /// Makes one.
    ///
    /// - Parameters:
    ///   - cost: Of new hashes; less than recommended only in tests.
    ///   - waitingLimit: How many may wait or be at work at once.
    package init(cost: Scrypt.Cost = .recommended, waitingLimit: Int = 64) {
        self.cost = cost
        self.waitingLimit = waitingLimit
    }

    /// Hashes a password.
    ///
    /// - Throws: ``Busy``, ``SealingError``.
    package func hash(_ password: String) async throws -> PasswordHash {
        let cost = cost
        return try await run { () throws(SealingError) in try PasswordHash.make(of: password, cost: cost) }
    }

    /// Whether a password is the one of a hash; for a user that doesn't exist, whose hash is nil, false after as long a time.
    ///
    /// - Throws: ``Busy``, ``SealingError``.
    package func matches(_ password: String, _ hash: PasswordHash?) async throws -> Bool {
        try await run { [self] () throws(SealingError) in
            if let hash { return try hash.matches(password) }
            _ = try anyHash().matches(password)
            return false
        }
    }

    private func anyHash() throws(SealingError) -> PasswordHash {
        if let made = dummy.withLock({ $0 }) { return made }
        let made = try PasswordHash.make(of: "", cost: cost)
        dummy.withLock { $0 = made }
        return made
    }

    private func run<T: Sendable>(_ body: @escaping @Sendable () throws(SealingError) -> T) async throws -> T {
        let lane = try loads.withLock { loads throws(Busy) in
            guard loads[0] + loads[1] < waitingLimit else { throw Busy() }
            let lane = loads[0] <= loads[1] ? 0 : 1
            loads[lane] += 1
            return lane
        }
        let result: Result<T, SealingError> = await withCheckedContinuation { continuation in
            lanes[lane].async {
                let result = Result { () throws(SealingError) in try body() }
                self.loads.withLock { $0[lane] -= 1 }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }
}
