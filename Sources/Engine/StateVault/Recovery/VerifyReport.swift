package import Domain

/// Which versions are meant.
package enum VaultScope: Sendable, Equatable {
    case all
    case organization(OrganizationID)
    case deployment(DeploymentID)
}

/// What a walk through versions and backups found, and did about it.
package struct VerifyReport: Sendable, Equatable {
    /// Something that was not as it should be.
    package struct Finding: Sendable, Equatable, CustomStringConvertible {
        package enum Outcome: Sendable, Equatable {
            /// The row came back from its backup.
            case restored
            /// The backup was missing or damaged, and was written anew from the good row.
            case backupRewritten
            /// Neither helps; says what to do.
            case lost(String)
            /// It needs a key that the keyring lacks.
            case unknownKey(String)
        }

        package let deployment: DeploymentID
        package let project: String
        package let version: Int
        package let problem: String
        package let outcome: Outcome

        package var description: String {
            let what = "version \(version) of project \(project): \(problem)"
            // Both say by themselves what was wrong.
            return switch outcome {
            case .restored: "\(what); restored from its backup"
            case .backupRewritten: "\(what); its backup was written anew"
            case .lost(let message): message
            case .unknownKey(let name):
                "version \(version) of project \(project): put the key \"\(name)\" back into the keyring, it was sealed with that"
            }
        }
    }

    package var versionsChecked = 0
    package var backupsChecked = 0
    package var findings: [Finding] = []
    /// Why backups could not be checked; nil when they could, or when there is no place for them.
    package var backupsAway: String?

    /// Nothing is lost, and all backups were seen.
    package var isGood: Bool {
        backupsAway == nil
            && findings.allSatisfy { $0.outcome == .restored || $0.outcome == .backupRewritten }
    }
}
