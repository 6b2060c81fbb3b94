internal import Dispatch
internal import FoundationEssentials

/// The file that a run rewrites, read away from Swift's shared threads.
struct FollowedFile: Sendable {
    enum Content: Sendable {
        /// It is not there.
        case missing
        /// It was made or truncated, and not written.
        case empty
        /// Not a whole state.
        case torn
        case tooLarge(VaultError)
        /// The bytes that the caller knows.
        case unchanged
        case whole(FollowedState)

        /// Something was lost in it: Terraform makes the file empty, so that emptiness only counts after a state.
        func isTorn(after newest: FollowedState?) -> Bool {
            switch self {
            case .torn: true
            case .missing, .empty: newest != nil
            case .tooLarge, .unchanged, .whole: false
            }
        }
    }

    let path: String
    /// In bytes.
    let limit: Int
    let queue: DispatchQueue

    /// Reads the file, and parses it when it is not as `known`.
    func read(unlike known: [UInt8]?) async -> Content {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: content(unlike: known)) }
        }
    }

    private func content(unlike known: [UInt8]?) -> Content {
        let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int  // nil when it is missing
        if let size, size > limit { return .tooLarge(VaultError(.tooLarge(size: size, limit: limit))) }
        // Missing, or for a moment unreadable: both come right with the next rewrite.
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return .missing }
        let bytes = [UInt8](data)
        if bytes.isEmpty { return .empty }
        if bytes == known { return .unchanged }
        do throws(VaultError) { return .whole(try FollowedState(parsing: bytes)) } catch { return .torn }
    }
}
