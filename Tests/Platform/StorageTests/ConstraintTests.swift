import Storage
import TestKit
import Testing

/// Broken rules of the schema, named alike on both databases.
@Suite struct ConstraintTests {
    @Test(arguments: TestDatabase.allCases)
    func `each kind of rule is told apart and named`(_ kind: TestDatabase) async throws {
        let cases: [(SQL, Constraint)] = [
            ("INSERT INTO things (name) VALUES (\("taken-secret"))", Constraint(kind: .unique, name: "things_name_key")),
            ("INSERT INTO things (id) VALUES (500)", Constraint(kind: .primaryKey, name: "things_pkey")),
            ("INSERT INTO things (count) VALUES (\(4711))", Constraint(kind: .check, name: "things_count_is_small")),
            ("INSERT INTO pairs (a) VALUES (500)", Constraint(kind: .notNull, name: "pairs_b_not_null")),
            ("INSERT INTO pairs (a, b) VALUES (500, 1)", Constraint(kind: .unique, name: "pairs_a_b_key")),
            (
                "INSERT INTO pairs (a, b) VALUES (\(4711), 1)",
                Constraint(kind: .foreignKey, name: kind == .sqlite ? "" : "pairs_a_fkey")
            ),
        ]
        try await kind.with(migrations: Things.migrations) { database in
            try await database.write { transaction in
                try transaction.execute("INSERT INTO things (id, name) VALUES (500, \("taken-secret"))")
                try transaction.execute("INSERT INTO pairs (a, b) VALUES (500, 1)")
            }
            for (sql, constraint) in cases {
                let error = try #require(try await storageError { try await database.write { try $0.execute(sql) } })
                #expect(error.reason == .constraint(constraint))
                for secret in ["taken-secret", "4711"] {
                    #expect(!error.description.contains(secret))
                    #expect(!(error.cause ?? "").contains(secret))
                    #expect(!(error.sql ?? "").contains(secret))
                }
            }
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a referred row can't be deleted`(_ kind: TestDatabase) async throws {
        try await kind.with(migrations: Things.migrations) { database in
            try await database.write { transaction in
                try transaction.execute("INSERT INTO things (id) VALUES (500)")
                try transaction.execute("INSERT INTO pairs (a, b) VALUES (500, 1)")
            }
            let error = try await storageError { try await database.write { try $0.execute("DELETE FROM things") } }
            guard case .constraint(let constraint) = error?.reason else {
                Issue.record("no constraint: \(String(describing: error))")
                return
            }
            #expect(constraint.kind == .foreignKey)
        }
    }
}
