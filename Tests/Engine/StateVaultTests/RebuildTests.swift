import Domain
import FoundationEssentials
import Remote
import Schema
import Sealing
import StateVault
import Storage
import TestKit
import Testing

@Suite struct `A lost database` {
    /// Backups of two deployments, the keyring, and nothing else.
    private func withRemains(
        _ place: BackupKind,
        _ body: (TestBackups, Keyring, [StateVersion]) async throws -> Void
    ) async throws {
        try await place.with { store in
            var remains: (Keyring, [StateVersion])?
            try await TestDatabase.sqlite.withVault(backups: BackupPlace(store)) { fixture in
                try await fixture.saveBackedUp(1...12)
                try await fixture.saveBackedUp(1...2, to: fixture.second)
                try await fixture.vault.pin(fixture.first, version: 4, by: "ada")
                try await fixture.vault.backUp(fixture.first, version: 4)
                remains = (fixture.keyring, try await fixture.vault.versions(of: fixture.first))
            }
            let (keyring, versions) = try #require(remains)
            try await body(store, keyring, versions)
        }
    }

    @Test(arguments: TestDatabase.allCases, BackupKind.allCases)
    func `Comes back from object storage, with ids, facts and bytes`(kind: TestDatabase, place: BackupKind) async throws {
        try await withRemains(place) { store, keyring, versions in
            try await kind.with(migrations: []) { database in
                try await Schema.migrator.migrate(database)
                let vault = StateVault(database: database, keyring: keyring, backups: BackupPlace(store))
                let dry = try await vault.rebuild(isDryRun: true, author: "ada")
                #expect(dry.organizationsMade == 1 && dry.deploymentsMade == 2 && dry.versionsMade == 14)
                #expect(try await database.read { try $0.rows("SELECT id FROM organizations") }.isEmpty)
                let report = try await vault.rebuild(author: "ada")
                #expect(report.organizationsMade == 1 && report.deploymentsMade == 2 && report.versionsMade == 14)
                #expect(report.skipped.isEmpty)
                let first = DeploymentID(rawValue: 1)
                let rebuilt = try await vault.versions(of: first)
                #expect(rebuilt.map(\.version) == versions.map(\.version) && rebuilt.map(\.checksum) == versions.map(\.checksum))
                #expect(rebuilt.map(\.createdAt) == versions.map(\.createdAt) && rebuilt.map(\.isPinned) == versions.map(\.isPinned))
                #expect(rebuilt.allSatisfy { $0.backupStatus == .stored })
                #expect(try await vault.load(first)?.bytes == SampleState.json(serial: 12, note: "1/12"))
                #expect(try await vault.verify().findings.isEmpty)
                #expect(try await vault.rebuild(author: "ada").versionsPresent == 14)
                // Work goes on: the next id is free, and the next version follows.
                let state = SampleState.json(serial: 13)
                let next = try await vault.save(state, for: first, as: .final, fence: Fence(rawValue: 1), job: nil, author: "ada")
                #expect(next?.version == 13)
                try await database.write { transaction in
                    try transaction.execute("INSERT INTO organizations (name, created_at) VALUES ('other', 0)")
                }
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Nothing that a new database has is overwritten`(kind: TestDatabase) async throws {
        try await withRemains(.folder) { store, keyring, _ in
            try await kind.with(migrations: []) { database in
                try await Schema.migrator.migrate(database)
                let vault = StateVault(database: database, keyring: keyring, backups: BackupPlace(store))
                // The same project begun anew under the other one's number, and the number of the first taken by a third.
                try await database.write { transaction in
                    try transaction.execute("INSERT INTO organizations (name, created_at) VALUES ('zeta', 0)")
                    try transaction.execute("INSERT INTO organizations (name, created_at) VALUES ('acme', 0)")
                    for (organization, project) in [(1, "third"), (2, "blog")] {
                        try transaction.execute(
                            """
                            INSERT INTO terraform_deployments (organization_id, project, status, created_at, updated_at)
                            VALUES (\(organization), \(project), 'completed', 0, 0)
                            """
                        )
                    }
                }
                let third = DeploymentID(rawValue: 1)
                let blog = DeploymentID(rawValue: 2)
                let mine = SampleState.json(serial: 1, lineage: "new")
                for deployment in [third, blog] {
                    _ = try await vault.save(mine, for: deployment, as: .final, fence: Fence(rawValue: 1), job: nil, author: "ada")
                }
                let report = try await vault.rebuild(author: "ada")
                #expect(report.organizationsMade == 0 && report.deploymentsMade == 1)
                #expect(report.versionsMade == 12 && report.skipped.count == 2)
                for deployment in [third, blog] { #expect(try await vault.load(deployment)?.bytes == mine) }
                let shop = DeploymentID(rawValue: 3)
                #expect(try await vault.load(shop)?.bytes == SampleState.json(serial: 12, note: "1/12"))
                try await vault.backUp(shop, version: 12)
                #expect(try await vault.verify(.deployment(shop)).isGood)
            }
        }
    }

    @Test func `Without the key nothing is made, and each backup is named`() async throws {
        try await withRemains(.folder) { store, _, _ in
            try await TestDatabase.sqlite.with(migrations: []) { database in
                try await Schema.migrator.migrate(database)
                let vault = StateVault(database: database, keyring: try .temporary(), backups: BackupPlace(store))
                let report = try await vault.rebuild(author: "ada")
                #expect(report.versionsMade == 0 && report.skipped.count == 14)
                #expect(report.skipped.allSatisfy { $0.reason.contains("not in the keyring") })
            }
        }
    }
}
