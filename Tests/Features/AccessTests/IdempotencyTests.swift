import Access
import FoundationEssentials
import Storage
import TestKit
import Testing

@Suite struct `An idempotency key` {
    private let request = IdempotencyStore.Request(scope: "1/token:ci", key: "k", fingerprint: "f")
    private let store = IdempotencyStore()

    @Test(arguments: TestDatabase.allCases)
    func `brings the same answer for a day, to the same request of the same actor`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            let now = fixture.clock.date
            let answer = IdempotencyStore.Answer(status: 202, body: #"{"jobId":"deploy-1-a"}"#)
            #expect(try await fixture.database.read { try store.answer(to: request, at: now, in: $0) } == nil)
            try await fixture.database.write { try store.keep(answer, for: request, at: now, in: $0) }
            #expect(try await fixture.database.read { try store.answer(to: request, at: now + 3600, in: $0) } == answer)
            let foreign = IdempotencyStore.Request(scope: "1/token:other", key: "k", fingerprint: "f")
            #expect(try await fixture.database.read { try store.answer(to: foreign, at: now, in: $0) } == nil)
            let different = IdempotencyStore.Request(scope: request.scope, key: "k", fingerprint: "g")
            #expect(
                try await reason { _ = try await fixture.database.read { try store.answer(to: different, at: now, in: $0) } } == .conflict
            )
            // The next day the key is free.
            let next = now + 86_400
            #expect(try await fixture.database.read { try store.answer(to: different, at: next, in: $0) } == nil)
            try await fixture.database.write { try store.keep(answer, for: different, at: next, in: $0) }
            #expect(try await fixture.database.read { try store.answer(to: different, at: next, in: $0) } == answer)
            fixture.clock.advance(3 * 86_400)
            try await fixture.store.prune()
            #expect(try await fixture.database.read { try $0.rows("SELECT key FROM idempotency_keys").isEmpty })
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `of two at once only one does anything`(kind: TestDatabase) async throws {
        try await kind.withAccess { fixture in
            let now = fixture.clock.date
            let done = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        let outcome = try await reason {
                            try await fixture.database.write { transaction in
                                try transaction.execute("INSERT INTO organizations (name, created_at) VALUES (\("o\(number)"), 0)")
                                let answer = IdempotencyStore.Answer(status: 201, body: "\(number)")
                                try store.keep(answer, for: request, at: now, in: transaction)
                            }
                        }
                        #expect(outcome == nil || outcome == .conflict)
                        return outcome == nil
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(done == 1)
            #expect(try await fixture.store.organizations().count == 1)
        }
    }

    @Test func `must have 1 to 255 characters`() async throws {
        try await TestDatabase.sqlite.withAccess { fixture in
            for length in [0, 256] {
                let request = IdempotencyStore.Request(scope: "1", key: String(repeating: "k", count: length), fingerprint: "f")
                let answer = IdempotencyStore.Answer(status: 200, body: "{}")
                let now = fixture.clock.date
                let outcome = try await reason {
                    try await fixture.database.write { try store.keep(answer, for: request, at: now, in: $0) }
                }
                #expect(outcome == .invalid)
            }
        }
    }
}
