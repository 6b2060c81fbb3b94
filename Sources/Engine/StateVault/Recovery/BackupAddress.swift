internal import Domain
internal import Remote

/// What a backup's key says; its sealed metadata has to say the same.
struct BackupAddress: Comparable {
    /// Whose versions have one order.
    struct Stack: Hashable {
        /// Empty for what lies where it belongs.
        let folder: String
        let organization: Int64
        let deployment: DeploymentID
    }

    let key: ObjectKey
    let stack: Stack
    let version: Int

    /// Nil: no backup.
    init?(_ key: ObjectKey) {
        let words = key.text.split(separator: "/").suffix(4)
        guard words.count == 4, let first = words.first, "\(first)/" == SealedBackup.folder else { return nil }
        let names = Array(words.dropFirst())
        guard names[0].hasPrefix("org-"), let organization = Int64(names[0].dropFirst(4)), names[1].hasPrefix("deployment-"),
            let deployment = Int64(names[1].dropFirst(11)), names[2].hasPrefix("v"), names[2].hasSuffix("-state.sealed"),
            let version = Int(names[2].dropFirst().dropLast(13))
        else { return nil }
        self.key = key
        let isDisplaced = key.text.hasPrefix(SealedBackup.displacedFolder)
        stack = Stack(
            folder: isDisplaced ? "displaced" : "",
            organization: organization,
            deployment: DeploymentID(rawValue: deployment)
        )
        self.version = version
    }

    static func < (left: BackupAddress, right: BackupAddress) -> Bool {
        let leftPlace = (left.stack.organization, left.stack.deployment.rawValue, left.version)
        return leftPlace < (right.stack.organization, right.stack.deployment.rawValue, right.version)
    }
}
