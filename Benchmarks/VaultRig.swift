import Domain
import Host
import Remote
import Schema
import Sealing
import StateVault
import Storage

/// A vault of its own in a folder, with one deployment.
struct VaultRig {
    let folder: String
    let keyring: Keyring
    let database: Database
    let vault: StateVault
    let deployment: DeploymentID

    /// Opens it, and makes what is missing.
    init(in folder: String) async throws {
        self.folder = folder
        keyring = try Keyring.open(folder: folder, environment: [:])
        database = try await Database.open(.sqlite(path: "\(folder)/vault.sqlite"))
        try await Schema.migrator.migrate(database)
        deployment = try await Self.deployment(database)
        vault = StateVault(
            database: database,
            keyring: keyring,
            backups: BackupPlace(.folder(path: "\(folder)/backups"), environment: [:])
        )
    }

    @discardableResult
    func save(_ state: [UInt8]) async throws -> StateVersion? {
        try await vault.save(state, for: deployment, as: .final, fence: Fence(rawValue: 1), job: nil, author: "bench")
    }

    private static func deployment(_ database: Database) async throws -> DeploymentID {
        try await database.write { transaction in
            if let row = try transaction.first("SELECT id FROM terraform_deployments") { return try row.value("id") }
            try transaction.execute("INSERT INTO organizations (name, created_at) VALUES ('bench', 0)")
            let row = try transaction.first(
                """
                INSERT INTO terraform_deployments (organization_id, project, status, created_at, updated_at)
                SELECT id, 'bench', 'applying', 0, 0 FROM organizations
                RETURNING id
                """
            )
            guard let row else { throw Rig.Failure(description: "The deployment was not made.") }
            return try row.value("id")
        }
    }
}
