internal import Dispatch
internal import Host
internal import Synchronization

/// The file that a run rewrites, looked at on a queue of its own, away from Swift's shared threads; and the last whole state in it.
final class FollowedFile: Sendable {
    /// What one look found.
    private enum Content {
        /// It is not there.
        case missing
        /// It was made or truncated, and not written.
        case empty
        /// Not a whole state.
        case torn
        case tooLarge(VaultError)
        /// The newest state.
        case unchanged
        case whole(FollowedState)
    }

    private struct Seen {
        var newest: FollowedState?
        /// Counts the states that `newest` has held.
        var number = 0
        var handedOver = 0
        var refusal: VaultError?
    }

    /// Where ``look()`` is to be called.
    let queue = DispatchQueue(label: "slipway.state-follower")
    private let folder: HeldFolder
    private let name: String
    private let copy: (folder: HeldFolder, name: String)?
    /// In bytes.
    private let limit: Int
    private let seen: Mutex<Seen>

    init(_ name: String, in folder: HeldFolder, copy: (folder: HeldFolder, name: String)?, limit: Int, known: FollowedState?) {
        self.folder = folder
        self.name = name
        self.copy = copy
        self.limit = limit
        seen = Mutex(Seen(newest: known))
    }

    /// The last whole state, whether it was handed over or not.
    var newest: FollowedState? { seen.withLock { $0.newest } }

    /// The newest state is known, or was handed over.
    var isHandedOver: Bool { seen.withLock { $0.number == $0.handedOver } }

    /// Why the file can't be followed any more.
    var refusal: VaultError? { seen.withLock { $0.refusal } }

    /// The newest state, unless it was handed over.
    var waiting: (state: FollowedState, number: Int)? {
        seen.withLock { seen in
            guard let newest = seen.newest, seen.number != seen.handedOver else { return nil }
            return (newest, seen.number)
        }
    }

    /// Notes that a state was taken; there may be a newer one meanwhile.
    func handedOver(_ number: Int) { seen.withLock { $0.handedOver = number } }

    /// Reads the file, and keeps what it holds when that is whole and new; for ``queue``.
    ///
    /// - Returns: Whether something was lost in the file: Terraform makes it empty, so that emptiness only counts after a state.
    @discardableResult
    func look() -> Bool {
        switch content() {
        case .whole(let state):
            seen.withLock { seen in
                seen.newest = state
                seen.number += 1
            }
            keep(state)
        case .tooLarge(let refusal): seen.withLock { $0.refusal = refusal }
        case .torn: return true
        case .missing, .empty: return newest != nil
        case .unchanged: break
        }
        return false
    }

    /// Looks from elsewhere; returns what ``look()`` does.
    func lookAgain() async -> Bool {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.look()) }
        }
    }

    // MARK: - Details

    private func content() -> Content {
        let bytes: [UInt8]
        do throws(HostError) {
            let file = try folder.file(name)
            if let size = file?.byteCount, size > limit { return tooLarge(size) }
            guard let found = try file?.read(from: 0, limit: limit + 1) else { return .missing }
            bytes = found
        } catch {
            // A link or a pipe in its place is no state, and neither read nor waited for. Anything else comes right with the next rewrite.
            return error.isForeign ? .torn : .missing
        }
        // It may have grown meanwhile.
        if bytes.count > limit { return tooLarge(bytes.count) }
        if bytes.isEmpty { return .empty }
        if bytes == newest?.bytes { return .unchanged }
        do throws(VaultError) { return .whole(try FollowedState(parsing: bytes)) } catch { return .torn }
    }

    private func tooLarge(_ size: Int) -> Content { .tooLarge(VaultError(.tooLarge(size: size, limit: limit))) }

    /// Puts a copy where no rewrite truncates it.
    private func keep(_ state: FollowedState) {
        guard let copy else { return }
        do throws(HostError) {
            try copy.folder.replace(copy.name, with: state.bytes)
        } catch {
            // No room for a second one: the vault gets it within the interval all the same.
        }
    }
}
