import Domain
import FoundationEssentials
import Schema
import Sealing
import StateVault
import Storage
import TestKit

/// A vault on a fresh database, with two deployments of one organization.
struct VaultFixture: Sendable {
    let location: DatabaseLocation
    let database: Database
    let keyring: Keyring
    let vault: StateVault
    let first = DeploymentID(rawValue: 1)
    let second = DeploymentID(rawValue: 2)

    func save(
        _ state: [UInt8],
        to deployment: DeploymentID? = nil,
        as kind: StateKind = .final,
        fence: Int64 = 1,
        job: String? = nil,
        force: Bool = false,
        guarding: @escaping @Sendable (Transaction) throws -> Void = { _ in }
    ) async throws -> StateVersion? {
        try await vault.save(
            state,
            for: deployment ?? first,
            as: kind,
            fence: Fence(rawValue: fence),
            job: job.map { JobID(rawValue: $0) },
            author: "ada",
            changeSummary: "+1 ~0 -0",
            force: force,
            guarding: guarding
        )
    }
}

/// The version that is lost, as the error of `body` says.
func lost(_ body: () async throws -> some Any) async -> LostVersion? {
    guard case .unrecoverable(let lost)? = await reason(body) else { return nil }
    return lost
}

extension TestDatabase {
    func withVault(
        limit: Int = StateVault.standardLimit,
        backups: BackupPlace? = nil,
        now: @escaping @Sendable () -> Date = { Date() },
        _ body: (VaultFixture) async throws -> Void
    ) async throws {
        try await location(migrations: Schema.migrations) { location in
            let database = try await Database.open(location)
            try await Migrator(Schema.migrations).migrate(database)
            try await database.write { transaction in
                try transaction.execute("INSERT INTO organizations (name, created_at) VALUES ('acme', 0)")
                try transaction.execute(
                    """
                    INSERT INTO terraform_deployments (organization_id, project, status, created_at, updated_at)
                    SELECT id, project, 'pending', 0, 0
                    FROM organizations CROSS JOIN (SELECT 'shop' AS project UNION ALL SELECT 'blog') AS projects
                    """
                )
            }
            let keyring = try Keyring.temporary()
            let vault = StateVault(database: database, keyring: keyring, limit: limit, backups: backups, now: now)
            do {
                try await body(VaultFixture(location: location, database: database, keyring: keyring, vault: vault))
                await database.close()
            } catch {
                await database.close()
                throw error
            }
        }
    }
}

/// Terraform states to test with.
enum SampleState {
    static let lineage = "6f0c1b8e-1111-2222-3333-444455556666"
    static let secret = "hunter2-very-secret"

    static func json(serial: Int, lineage: String = lineage, resources: Int = 1, note: String = "", padding: Int = 0) -> [UInt8] {
        let items = (0..<resources).map { index in
            """
            {"mode":"managed","type":"terraform_data","name":"r\(index)","provider":"provider[\\"terraform.io/builtin/terraform\\"]",\
            "instances":[{"schema_version":0,"attributes":{"id":"\(index)","input":"\(secret)\(String(repeating: "x", count: padding))"}}]}
            """
        }
        let text = """
            {"version":4,"terraform_version":"1.11.4","serial":\(serial),"lineage":"\(lineage)",\
            "outputs":{"note":{"value":"\(note)","type":"string","sensitive":true}},"resources":[\(items.joined(separator: ","))]}
            """
        return Array(text.utf8)
    }
}

/// The reason of the error that `body` throws.
func reason(_ body: () async throws -> some Any) async -> VaultError.Reason? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? VaultError)?.reason
    }
}
