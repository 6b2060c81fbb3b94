import Domain
import Events
import FoundationEssentials
import Schema
import Storage
import Synchronization
import TestKit
import Testing

@Suite struct EventStoreTests {
    private let store = EventStore()
    private let job = JobID(rawValue: "deploy-1-aaaaaa")

    private func addJob(_ database: Database) async throws {
        try await database.write { [job] transaction in
            try transaction.execute(
                """
                INSERT INTO jobs
                    (id, kind, queue, turn_of, payload, tags, status, run_at, maximum_attempts, timeout_seconds, stage, created_at, updated_at)
                VALUES (\(job), 'deploy', 'terraform', 0, '{}', '[]', 'pending', 0, 3, 1000, 'queued', 0, 0)
                """
            )
        }
    }

    private func append(_ texts: [String], after ordinal: Int64, _ database: Database) async throws {
        try await database.write { [store, job] transaction in
            let events = texts.map { JobEvent.log(LogLine(text: $0)) }
            try store.append(
                events,
                text: texts.map { "\($0)\n" }.joined(),
                to: job,
                organization: nil,
                attempt: 1,
                after: ordinal,
                at: Date(timeIntervalSince1970: 1),
                in: transaction
            )
        }
    }

    @Test(arguments: TestDatabase.allCases) func `events come back in order, and a page at a time`(kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            try await addJob(database)
            try await append(["a", "b", "c"], after: 0, database)
            let (all, page, last) = try await database.read { [store, job] in
                (
                    try store.events(of: job, in: $0), try store.events(of: job, after: 1, limit: 1, in: $0),
                    try store.lastOrdinal(of: job, in: $0)
                )
            }
            #expect(all.map(\.ordinal) == [1, 2, 3])
            #expect(page.compactMap(\.event) == [.log(LogLine(text: "b"))])
            #expect(last == 3)
        }
    }

    @Test(arguments: TestDatabase.allCases) func `a second try with the same ordinal stores nothing twice`(kind: TestDatabase) async throws
    {
        try await kind.with(migrations: Schema.migrations) { database in
            try await addJob(database)
            try await append(["a"], after: 0, database)
            try await append(["a"], after: 0, database)
            let count = try await database.read { [store, job] in try store.events(of: job, in: $0).count }
            #expect(count == 1)
        }
    }

    @Test(arguments: TestDatabase.allCases) func `a NUL in Terraform's output doesn't lose the rest`(kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            try await addJob(database)
            try await append(["a\u{0}b"], after: 0, database)
            let (events, log) = try await database.read { [store, job] in
                (try store.events(of: job, in: $0), try store.log(of: job, in: $0).map(\.text))
            }
            #expect(events.compactMap(\.event) == [.log(LogLine(text: "a\u{0}b"))])
            #expect(log == ["a\u{FFFD}b\n"])
        }
    }

    @Test(arguments: TestDatabase.allCases) func `a follower sees what is committed while it follows`(kind: TestDatabase) async throws {
        try await kind.with(migrations: Schema.migrations) { database in
            try await addJob(database)
            try await append(["a"], after: 0, database)
            var seen: [String] = []
            try await EventFollower(database: database).follow(job) { batch in
                for case .log(let line)? in batch.map(\.event) { seen.append(line.text) }
                if seen.count == 1, !batch.isEmpty { try await append(["b", "c"], after: 1, database) }
                return seen.count < 3
            }
            #expect(seen == ["a", "b", "c"])
        }
    }
}
