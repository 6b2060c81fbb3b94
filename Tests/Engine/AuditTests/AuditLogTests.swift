import Audit
import Domain
import FoundationEssentials
import Schema
import Storage
import TestKit
import Testing

@Suite struct `The audit log` {
    private let now = Date(timeIntervalSince1970: 1_000_000)

    private func add(
        _ lines: [(action: String, actor: String, organization: Int64?, result: AuditResult)],
        to database: Database
    ) async throws {
        try await database.write { transaction in
            for line in lines {
                try AuditLog().append(
                    line.action,
                    of: "thing:1",
                    by: Author(line.actor, from: "192.0.2.7"),
                    organization: line.organization.map { OrganizationID(rawValue: $0) },
                    details: ["a": "b", "empty": ""],
                    result: line.result,
                    at: now,
                    in: transaction
                )
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `keeps who, what, from where and with what result`(kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            try await add([("thing.made", "user:anna", 7, .denied)], to: database)
            try await database.write { transaction in
                try AuditLog().append("thing.seen", of: "thing:2", by: "anna@laptop", organization: nil, at: now, in: transaction)
            }
            let entries = try await database.read { try AuditLog().entries(in: $0) }
            #expect(entries.map(\.action) == ["thing.seen", "thing.made"])
            #expect(entries.map(\.result) == [.ok, .denied])
            #expect(entries.map(\.source) == ["", "192.0.2.7"])
            #expect(entries.map(\.actor) == ["anna@laptop", "user:anna"])
            #expect(entries.map(\.organization) == [nil, OrganizationID(rawValue: 7)])
            #expect(entries.last?.details == #"{"a":"b"}"#)
            #expect(entries.last?.createdAt == now)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `lists by organization, actor, result and how the action begins`(kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            try await add(
                [
                    ("token.created", "a", 1, .ok), ("token.revoked", "b", 1, .ok), ("tokens%x", "a", 2, .failed),
                    ("Token.created", "a", nil, .denied),
                ],
                to: database
            )
            func actions(_ filter: AuditFilter) async throws -> [String] {
                try await database.read { try AuditLog().entries(filter, in: $0).map(\.action) }
            }
            let first = OrganizationID(rawValue: 1)
            #expect(try await actions(AuditFilter(organization: first)) == ["token.revoked", "token.created"])
            #expect(try await actions(AuditFilter(actor: "a")) == ["Token.created", "tokens%x", "token.created"])
            #expect(try await actions(AuditFilter(actionPrefix: "token.")) == ["token.revoked", "token.created"])
            #expect(try await actions(AuditFilter(actionPrefix: "token_")) == [])
            #expect(try await actions(AuditFilter(actionPrefix: "tokens%")) == ["tokens%x"])
            #expect(try await actions(AuditFilter(result: .denied)) == ["Token.created"])
            #expect(try await actions(AuditFilter(organization: first, actor: "a", actionPrefix: "token.")) == ["token.created"])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `is paged by key, and what comes in between moves no page`(kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            try await add((0..<5).map { ("thing.\($0)", "a", 1, .ok) }, to: database)
            let first = try await database.read { try AuditLog().entries(limit: 2, in: $0) }
            try await add([("thing.new", "a", 1, .ok)], to: database)
            let second = try await database.read { try AuditLog().entries(before: first.last?.id, limit: 2, in: $0) }
            #expect((first + second).map(\.action) == ["thing.4", "thing.3", "thing.2", "thing.1"])
        }
    }
}
