internal import Domain
internal import FoundationEssentials
internal import Remote
internal import Sealing

/// A backup object: the sealed metadata of a version, and its sealed bytes as they are in the database.
///
/// Every bit of it is covered: the header by the length of the whole and by what is opened, the rest by the seals' tags.
///
/// - SeeAlso: docs/state-vault.md
struct SealedBackup: Sendable {
    static let magic = Array("SLIPBAK\0".utf8)
    static let formatVersion: UInt8 = 1
    /// Magic, version, three zeros, length of the metadata, length of the state.
    static let headerSize = 24

    let metadata: [UInt8]
    let state: [UInt8]

    init(metadata: [UInt8], state: [UInt8]) {
        self.metadata = metadata
        self.state = state
    }

    /// Takes an object apart; nothing is opened yet.
    ///
    /// - Throws: ``SealingError`` when it is none, of a newer program, or not as long as it says.
    init(_ bytes: [UInt8]) throws(SealingError) {
        guard bytes.starts(with: Self.magic) else { throw SealingError(.notSealed) }
        guard bytes.count >= Self.headerSize else { throw SealingError(.truncated(expected: Self.headerSize, actual: bytes.count)) }
        guard bytes[8] == Self.formatVersion else { throw SealingError(.unknownVersion(Int(bytes[8]))) }
        guard bytes[9] == 0, bytes[10] == 0, bytes[11] == 0 else { throw SealingError(.damaged) }
        let metadataCount = Self.number(bytes[12..<16])
        let stateCount = Self.number(bytes[16..<24])
        guard metadataCount <= 1 << 24, stateCount <= UInt64(Int.max / 4) else { throw SealingError(.damaged) }
        let expected = Self.headerSize + Int(metadataCount) + Int(stateCount)
        guard bytes.count >= expected else { throw SealingError(.truncated(expected: expected, actual: bytes.count)) }
        guard bytes.count == expected else { throw SealingError(.overlong(expected: expected, actual: bytes.count)) }
        metadata = Array(bytes[Self.headerSize..<Self.headerSize + Int(metadataCount)])
        state = Array(bytes[(Self.headerSize + Int(metadataCount))...])
    }

    /// The object.
    var bytes: [UInt8] {
        var bytes = Self.magic + [Self.formatVersion, 0, 0, 0]
        bytes.reserveCapacity(Self.headerSize + metadata.count + state.count)
        bytes += Self.littleEndian(UInt64(metadata.count), count: 4)
        bytes += Self.littleEndian(UInt64(state.count), count: 8)
        return bytes + metadata + state
    }

    /// `terraform-states/org-1/deployment-42/v7-state.sealed`.
    static func key(organization: OrganizationID, deployment: DeploymentID, version: Int) throws(RemoteError) -> ObjectKey {
        try ObjectKey("\(folder)org-\(organization)/deployment-\(deployment)/v\(version)-state.sealed")
    }

    static let folder = "terraform-states/"
    /// For objects of another history that lay where a new backup had to go.
    static let displacedFolder = "displaced-states/"

    // MARK: - Sealing

    static func seal(_ state: [UInt8], _ metadata: BackupMetadata, with keyring: Keyring) throws -> SealedBackup {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let deployment = DeploymentID(rawValue: metadata.deploymentID)
        let context = BackupMetadata.context(deployment, version: metadata.version)
        let sealed = try Envelope.seal([UInt8](try encoder.encode(metadata)), with: keyring, context: context)
        // One key wraps both, whatever the row's is: the row's can be retired without regard to the backup.
        let keyName = try EnvelopeHeader(of: sealed).keyName
        let stateContext = StateVault.context(deployment, version: metadata.version)
        return SealedBackup(metadata: sealed, state: try Envelope.rewrap(state, with: keyring, context: stateContext, to: keyName))
    }

    /// Opens the metadata and makes sure that it is of this place.
    ///
    /// - Throws: ``SealingError``.
    func openMetadata(of deployment: DeploymentID, version: Int, with keyring: Keyring) throws(SealingError) -> BackupMetadata {
        let context = BackupMetadata.context(deployment, version: version)
        let plain = try Envelope.open(metadata, with: keyring, context: context)
        let decoded: BackupMetadata
        do { decoded = try JSONDecoder().decode(BackupMetadata.self, from: Data(plain)) } catch { throw SealingError(.damaged) }
        guard decoded.deploymentID == deployment.rawValue, decoded.version == version else {
            throw SealingError(.wrongContext(expected: context))
        }
        return decoded
    }

    /// Opens the state and makes sure that it is the one that the metadata tells of.
    ///
    /// - Throws: ``SealingError``.
    func openState(_ metadata: BackupMetadata, with keyring: Keyring) throws(SealingError) -> [UInt8] {
        let context = StateVault.context(DeploymentID(rawValue: metadata.deploymentID), version: metadata.version)
        let plain = try Envelope.open(state, with: keyring, context: context)
        guard plain.count == metadata.byteCount, SHA256.hex(plain) == metadata.checksum else { throw SealingError(.damaged) }
        return plain
    }

    // MARK: - Details

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }

    private static func littleEndian(_ value: UInt64, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
}
