import Domain
import Storage
import TestKit
import Testing

@testable import Provisioning

@Suite struct NetworkRuleTests {
    private func rule(_ id: OrganizationID, _ configured: NetworkMode?, _ database: Database) async throws -> NetworkRule {
        try await database.read { try NetworkRule.read(of: id, configured: configured, in: $0) }
    }

    @Test(arguments: TestDatabase.allCases)
    func `an organization's own setting comes first, then the configured one, then whether it is alone`(kind: TestDatabase) async throws {
        try await Workshop.with(kind, worker: false) { workshop in
            let database = workshop.database
            func make(_ name: String) async throws -> OrganizationID {
                try await database.write { transaction in
                    let row = try transaction.first("INSERT INTO organizations (name, created_at) VALUES (\(name), 0) RETURNING id")
                    return try #require(row).value("id")
                }
            }
            let first = try await make("first")
            #expect(try await rule(first, nil, database) == NetworkRule(mode: .host, allowed: [], isWished: false))
            #expect(try await rule(first, .filtered, database) == NetworkRule(mode: .filtered, allowed: [], isWished: true))
            _ = try await make("second")
            #expect(try await rule(first, nil, database) == NetworkRule(mode: .filtered, allowed: [], isWished: false))
            #expect(try await rule(first, .host, database) == NetworkRule(mode: .host, allowed: [], isWished: true))
            try await database.write { transaction in
                try transaction.execute("UPDATE organizations SET network = 'none', network_allow = '[\"10.0.0.0/8\"]' WHERE id = \(first)")
            }
            let allowed = [try #require(AddressRange("10.0.0.0/8"))]
            #expect(try await rule(first, .host, database) == NetworkRule(mode: .none, allowed: allowed, isWished: true))
        }
    }
}
