internal import Domain
internal import Sealing

/// A state on its way into the vault.
struct OfferedState: Sendable {
    let bytes: [UInt8]
    let document: StateDocument
    /// SHA-256 of the bytes, in hexadecimal.
    let checksum: String
    let kind: StateKind
    let fence: Fence
    let job: JobID?
    let author: String
    let changeSummary: String?
    let isForced: Bool

    /// What is to be done with it.
    enum Action: Equatable {
        /// The newest version has the same bytes.
        case nothing
        /// The same job's unfinished version has the same bytes, and becomes final.
        case finish(version: Int)
        /// It takes the row of the same job's unfinished version.
        case replace(version: Int)
        case append(version: Int)

        /// The version whose bytes are needed, sealed.
        var sealedVersion: Int? {
            switch self {
            case .nothing, .finish: nil
            case .replace(let version), .append(let version): version
            }
        }
    }

    /// The same with the bytes of a state that means the same.
    func holding(_ bytes: [UInt8]) -> OfferedState {
        OfferedState(
            bytes: bytes,
            document: document,
            checksum: SHA256.hex(bytes),
            kind: kind,
            fence: fence,
            job: job,
            author: author,
            changeSummary: changeSummary,
            isForced: isForced
        )
    }

    /// Decides, or refuses.
    func action(after stored: StoredFacts) throws(VaultError) -> Action {
        guard fence >= stored.fence else { throw VaultError(.staleFence(stored: stored.fence, offered: fence)) }
        guard stored.version > 0 else { return .append(version: 1) }
        let continues = !stored.isFinal && job != nil && stored.unfinishedJob == job
        if checksum == stored.checksum {
            return continues && kind == .final ? .finish(version: stored.version) : .nothing
        }
        if !isForced { try check(against: stored, continues: continues) }
        return continues ? .replace(version: stored.version) : .append(version: stored.version + 1)
    }

    private func check(against stored: StoredFacts, continues: Bool) throws(VaultError) {
        if let lineage = stored.lineage, lineage != document.lineage {
            throw VaultError(.otherLineage(stored: lineage, offered: document.lineage))
        }
        guard let serial = stored.serial else { return }
        guard document.serial >= serial else { throw VaultError(.lowerSerial(stored: serial, offered: document.serial)) }
        guard document.serial > serial || continues else { throw VaultError(.serialReused(serial)) }
    }
}
