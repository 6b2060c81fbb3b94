import Audit
import Domain
import FoundationEssentials
import Host
import Jobs
import Log
import Remote
import Schema
import Sealing
import StateVault
import Storage
import TestKit
import Testing

@testable import Provisioning

/// A small vault with something of everything that is sealed, its keyring in a file, and its backups in a folder.
struct KeyVault: Sendable {
    /// One sealed message: where it is, what it is bound to, and what it says.
    struct Message: Sendable {
        let query: SQL
        let context: String
        let plain: [UInt8]
    }

    let folder: String
    let location: DatabaseLocation
    let database: Database
    let store: KeyringStore
    let keyring: Keyring
    let vault: StateVault
    let messages: [Message]

    static let versionCount = 6

    var archives: [any SealedArchive] { [BackupArchive(vault)] }

    func rotation(batchSize: Int = 2, keyring: Keyring? = nil) -> KeyRotation {
        KeyRotation(
            database: database,
            keyring: keyring ?? self.keyring,
            columns: SealedColumns.all,
            archives: archives,
            batchSize: batchSize
        )
    }

    var retirement: KeyRetirement {
        KeyRetirement(database: database, store: store, columns: SealedColumns.all, archives: archives)
    }

    func uses() async throws -> KeyUses { try await KeyUses.count(SealedColumns.all, archives, isThorough: true, in: database) }

    /// Opens everything, in the database and in the backups, and compares it with what was sealed.
    func expectWhole(with keyring: Keyring? = nil) async throws {
        let keyring = keyring ?? self.keyring
        for message in messages {
            let sealed = try await database.read { try $0.first(message.query)?.value("sealed", as: [UInt8].self) }
            let opened = try Envelope.open(try #require(sealed), with: keyring, context: message.context)
            #expect(opened == message.plain, "\(message.context)")
        }
        for version in 1...Self.versionCount {
            let state = try await vault.load(DeploymentID(rawValue: 1), version: version)
            #expect(state?.bytes == Self.state(version))
        }
    }

    /// As ``expectWhole(with:)``, and the backups are as good as the rows.
    func expectWholeWithBackups(with keyring: Keyring? = nil) async throws {
        try await expectWhole(with: keyring)
        let report = try await vault.verify()
        #expect(report.backupsAway == nil && report.findings.isEmpty, "\(report.findings)")
        #expect(report.backupsChecked == Self.versionCount)
    }

    static func state(_ serial: Int) -> [UInt8] {
        let padding = String(repeating: "x", count: serial * 700)
        return Array(
            #"{"version":4,"terraform_version":"1.11.4","serial":\#(serial),"lineage":"l","outputs":{"o":{"value":"\#(padding)","type":"string"}},"resources":[]}"#
                .utf8
        )
    }

    /// Gives `body` a vault whose messages the first key of its keyring, `first`, wraps.
    static func with(_ kind: TestDatabase, _ body: (KeyVault) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await kind.location(migrations: Schema.migrations) { location in
            let database = try await Database.open(location)
            try await Schema.migrator.migrate(database)
            do {
                try await body(try await make(folder.path, location, database))
                await database.close()
            } catch {
                await database.close()
                throw error
            }
        }
    }

    private static func make(_ folder: String, _ location: DatabaseLocation, _ database: Database) async throws -> KeyVault {
        let keyring = try Keyring.open(folder: folder, environment: [:])
        let place = BackupPlace(try await FolderStore.open("\(folder)/backups"))
        let vault = StateVault(database: database, keyring: keyring, backups: place)
        let credentials = CredentialStore(database: database, keyring: keyring)
        try await credentials.add(
            name: "c1",
            provider: "other",
            values: ["A": "b"],
            organization: "acme",
            by: Author("anna@laptop"),
            now: Date()
        )
        func seal(_ text: String, _ context: String) throws -> [UInt8] {
            try Envelope.seal(Array(text.utf8), with: keyring, context: context)
        }
        let contexts = [
            "variables/acme/shop", "outputs/acme/shop", "source/acme/shop/hash", "inputs/job-1", "plan/job-1",
        ]
        let blobs = try contexts.map { try seal("the message of \($0)", $0) }
        try await database.write { transaction in
            try transaction.execute(
                """
                INSERT INTO terraform_deployments
                    (organization_id, project, status, sealed_variables, sealed_outputs, created_at, updated_at)
                VALUES (1, 'shop', 'completed', \(blobs[0]), \(blobs[1]), 0, 0)
                """
            )
            try transaction.execute(
                """
                INSERT INTO terraform_sources (terraform_deployment_id, sha256, sealed_files, size_bytes, file_count, created_at)
                VALUES (1, 'hash', \(blobs[2]), 1, 1, 0)
                """
            )
            for job in ["job-1", "job-2"] {
                let new = NewJob(
                    id: JobID(rawValue: job),
                    kind: "test",
                    queue: .maintenance,
                    organization: nil,
                    concurrencyKey: nil,
                    payload: "{}",
                    tags: []
                )
                _ = try JobStore().enqueue(new, in: transaction)
            }
            try transaction.execute(
                """
                INSERT INTO terraform_runs (job_id, terraform_deployment_id, source_id, sealed_inputs, sealed_plan)
                VALUES ('job-1', 1, 1, \(blobs[3]), \(blobs[4])), ('job-2', 1, 1, NULL, NULL)
                """
            )
        }
        for serial in 1...versionCount {
            let saved = try await vault.save(
                state(serial),
                for: DeploymentID(rawValue: 1),
                as: .final,
                fence: Fence(rawValue: 1),
                job: nil,
                author: "test"
            )
            try await vault.backUp(DeploymentID(rawValue: 1), version: try #require(saved).version)
        }
        let queries: [SQL] = [
            "SELECT sealed_variables AS sealed FROM terraform_deployments", "SELECT sealed_outputs AS sealed FROM terraform_deployments",
            "SELECT sealed_files AS sealed FROM terraform_sources",
            "SELECT sealed_inputs AS sealed FROM terraform_runs WHERE job_id = 'job-1'",
            "SELECT sealed_plan AS sealed FROM terraform_runs WHERE job_id = 'job-1'",
        ]
        let credential = Message(
            query: "SELECT sealed_values AS sealed FROM cloud_provider_credentials WHERE name = 'c1'",
            context: "credential/acme/c1",
            plain: Array(#"{"A":"b"}"#.utf8)
        )
        return KeyVault(
            folder: folder,
            location: location,
            database: database,
            store: KeyringStore(folder: folder, environment: [:], iterations: 10),
            keyring: keyring,
            vault: vault,
            messages: zip(queries, contexts).map { Message(query: $0, context: $1, plain: Array("the message of \($1)".utf8)) }
                + [credential]
        )
    }
}
