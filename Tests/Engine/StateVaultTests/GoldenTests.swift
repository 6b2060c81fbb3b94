import Domain
import FoundationEssentials
import Remote
import Schema
import Sealing
import StateVault
import Storage
import TestKit
import Testing

/// Backups and sealed versions that the first version of the format wrote, and that every later program must read.
///
/// `SLIPWAY_RECORD_GOLDEN=1` writes those that are missing; what is there is never written again.
@Suite struct `Golden backups` {
    /// 00 01 02 … 1f under the name `golden`.
    private static let key = "golden:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/StateVault/v1")
        .standardizedFileURL.path
    private static let states = [SampleState.json(serial: 1), SampleState.json(serial: 2, resources: 40)]

    private var keyring: Keyring { get throws { try Keyring.open(folder: "", environment: ["SLIPWAY_KEYS": Self.key]) } }

    @Test(arguments: TestDatabase.allCases)
    func `Of version 1 are rebuilt, and used for recovery`(kind: TestDatabase) async throws {
        if ProcessInfo.processInfo.environment["SLIPWAY_RECORD_GOLDEN"] == "1", kind == .sqlite { try await record() }
        let copy = try TemporaryFolder()
        defer { copy.remove() }
        try FileManager.default.copyItem(atPath: Self.folder + "/backups", toPath: copy.path + "/backups")
        let store = try await FolderStore.open(copy.path + "/backups")
        try await kind.with(migrations: []) { database in
            try await Schema.migrator.migrate(database)
            let vault = StateVault(database: database, keyring: try keyring, backups: BackupPlace(store))
            #expect(try await vault.rebuild(author: "ada").versionsMade == 2)
            let deployment = DeploymentID(rawValue: 1)
            try await database.write { transaction in
                try transaction.execute("UPDATE terraform_state_versions SET state_file = \([1] as [UInt8]) WHERE version = 2")
            }
            for version in 1...2 {
                let loaded = try #require(try await vault.load(deployment, version: version))
                #expect(loaded.bytes == Self.states[version - 1])
                #expect(loaded.version.author == "golden" && loaded.version.changeSummary == "+1 ~0 -0")
                #expect(loaded.version.job?.rawValue == "deploy-1" && loaded.version.fence.rawValue == 7)
                #expect(loaded.version.isPinned == (version == 2))
            }
        }
    }

    @Test(arguments: 1...2)
    func `Sealed versions of version 1 open`(version: Int) throws {
        let sealed = [UInt8](try Data(contentsOf: URL(filePath: "\(Self.folder)/state-1-\(version).sealed")))
        #expect(try Envelope.open(sealed, with: keyring, context: "state/1/\(version)") == Self.states[version - 1])
    }

    private func record() async throws {
        guard !FileManager.default.fileExists(atPath: Self.folder + "/backups") else { return }
        let store = try await FolderStore.open(Self.folder + "/backups")
        try await TestDatabase.sqlite.withVault { fixture in
            let vault = StateVault(database: fixture.database, keyring: try keyring, backups: BackupPlace(store))
            for (index, state) in Self.states.enumerated() {
                _ = try await vault.save(
                    state,
                    for: fixture.first,
                    as: .final,
                    fence: Fence(rawValue: 7),
                    job: JobID(rawValue: "deploy-1"),
                    author: "golden",
                    changeSummary: "+1 ~0 -0"
                )
                if index == 1 { try await vault.pin(fixture.first, version: 2, by: "golden") }
                try await vault.backUp(fixture.first, version: index + 1)
                let sealed = try await fixture.database.read { transaction in
                    try transaction.first("SELECT state_file FROM terraform_state_versions WHERE version = \(index + 1)")?
                        .value("state_file", as: [UInt8].self)
                }
                try Data(try #require(sealed)).write(to: URL(filePath: "\(Self.folder)/state-1-\(index + 1).sealed"))
            }
        }
    }
}
