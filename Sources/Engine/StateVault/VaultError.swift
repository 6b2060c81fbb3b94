package import Domain
package import Remote
package import Sealing
package import Storage

/// Why the vault refused or failed; never holds a state's content.
package struct VaultError: Error, Sendable, CustomStringConvertible {
    /// What a caller can act on.
    package enum Reason: Sendable, Equatable {
        // What was offered
        /// It ends in the middle: someone is still writing it, or was stopped while writing.
        case torn
        /// No JSON; the offset of the first wrong byte.
        case malformed(offset: Int)
        /// JSON, but no Terraform state; what is missing.
        case notAState(missing: String)
        case unsupportedFormat(version: Int64)
        /// It is negative, or so large that no later one would fit.
        case unusableSerial
        case tooLarge(size: Int, limit: Int)

        // What the vault holds
        case noDeployment(DeploymentID)
        /// Another worker took over.
        case staleFence(stored: Fence, offered: Fence)
        case otherLineage(stored: String, offered: String)
        case lowerSerial(stored: Int64, offered: Int64)
        /// The stored state has the same serial and other bytes.
        case serialReused(Int64)
        /// The caller's own check refused; its error is the cause.
        case refused

        // What was read
        case missing(DeploymentID, version: Int)
        /// The stored bytes are not what was stored: another row's, cut off, or changed.
        case damaged(DeploymentID, version: Int, SealingError.Reason?)
        /// The keyring lacks the key that the version was sealed with.
        case unknownKey(String, DeploymentID, version: Int)

        /// There is no such version (any more), or no state at all.
        case noVersion(DeploymentID, version: Int?)
        /// Damaged or lost, and its backup can't help.
        case unrecoverable(LostVersion)

        // Backups
        /// No place for backups is configured.
        case noBackups
        case backups(RemoteError.Reason)
        /// What was put is not what was read back.
        case backupDiffers(DeploymentID, version: Int)

        // Locks
        case locked(StateLock)
        /// The lock of that id is not held; who holds one now.
        case lockNotHeld(id: String, current: StateLock?)

        // Machinery
        case sealing(SealingError.Reason)
        case storage(StorageError.Reason)
    }

    package let reason: Reason
    /// What it came from, for the log.
    package let cause: (any Error)?

    package init(_ reason: Reason, cause: (any Error)? = nil) {
        self.reason = reason
        self.cause = cause
    }

    /// The same call may succeed later, unchanged.
    package var isTransient: Bool {
        switch reason {
        case .storage(let reason):
            switch reason {
            case .unreachable, .connectionRefused, .busy, .connectionLost, .timedOut, .diskFull: true
            default: false
            }
        case .locked, .backupDiffers: true
        case .backups(let reason): RemoteError(reason).isTransient
        default: false
        }
    }

    /// Something is not as it was stored; the backup may help.
    var isDamage: Bool {
        switch reason {
        case .damaged, .missing, .unknownKey: true
        default: false
        }
    }

    package var description: String {
        switch reason {
        case .torn: "the state is cut off in the middle: wait until it is written, or take the last whole one from the vault"
        case .malformed(let offset): "the state is no JSON (byte \(offset))"
        case .notAState(let missing): "this is no Terraform state: it has no \(missing)"
        case .unsupportedFormat(let version):
            "the state has format version \(version), only 4 is supported: let Terraform 1.6 or newer rewrite it"
        case .unusableSerial:
            "the state's serial must be a number from 0 to \(StateDocument.largestSerial): set \"serial\" in the file to one that is larger than "
                + "the stored state's"
        case .tooLarge(let size, let limit): "the state has \(size) bytes, more than the limit of \(limit)"
        case .noDeployment(let id): "there is no deployment \(id)"
        case .staleFence(let stored, let offered):
            "another worker took this deployment over (fencing number \(stored), this writer has \(offered)): nothing was written"
        case .otherLineage(let stored, let offered):
            "the state has lineage \(offered), but the stored one has \(stored): it belongs to another stack; --force replaces it"
        case .lowerSerial(let stored, let offered):
            "the state has serial \(offered), older than the stored \(stored): pull the newest first; --force replaces it"
        case .serialReused(let serial):
            "the stored state has the same serial \(serial) and another content: pull the newest first; --force replaces it"
        case .refused: "the writer lost its right to write: nothing was written"
        case .missing(let id, let version): "version \(version) of deployment \(id)'s state is missing in the database"
        case .damaged(let id, let version, _): "version \(version) of deployment \(id)'s state is damaged in the database"
        case .unknownKey(let name, let id, let version):
            "version \(version) of deployment \(id)'s state was sealed with the key \"\(name)\", which is not in the keyring: put it back"
        case .noVersion(let id, let version?): "deployment \(id) has no version \(version) of its state"
        case .noVersion(let id, nil): "deployment \(id) has no state yet"
        case .unrecoverable(let lost): "\(lost)"
        case .noBackups: "no place for backups is configured: set SLIPWAY_BACKUP_URL"
        case .backups(let reason): "the backups' store failed: \(RemoteError(reason))"
        case .backupDiffers(let id, let version):
            "the backup of version \(version) of deployment \(id)'s state is not what was written: check the store"
        case .locked(let lock): "the state is locked: \(lock)"
        case .lockNotHeld(let id, let current):
            current.map { "the lock \(id) is not held: \($0)" } ?? "the lock \(id) is not held: the state is not locked"
        case .sealing(let reason): "can't seal the state: \(SealingError(reason))"
        case .storage(let reason): "the database failed: \(StorageError(reason))"
        }
    }

    /// Names what any error of the machinery means to the vault.
    static func from(_ error: any Error) -> VaultError {
        switch error {
        case let error as VaultError: error
        case let error as StorageError: VaultError(.storage(error.reason), cause: error)
        case let error as RemoteError: VaultError(.backups(error.reason), cause: error)
        case let error as SealingError: VaultError(.sealing(error.reason), cause: error)
        default: VaultError(.refused, cause: error)
        }
    }
}
