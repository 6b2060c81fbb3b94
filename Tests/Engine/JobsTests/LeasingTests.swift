import Domain
import FoundationEssentials
import Storage
import TestKit
import Testing

@testable import Jobs

/// Whose job is leased, and when.
@Suite struct LeasingTests {
    @Test(arguments: TestDatabase.allCases)
    func `an organization's first job doesn't wait for another's thousand`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let thousand = (0..<1000).map { NewJob.test("a-\($0)", organization: 1) }
            try await database.write { _ = try JobStore().enqueue(thousand, in: $0) }
            #expect(try await database.lease(3).map(\.id.rawValue) == ["a-0", "a-1", "a-2"])
            try await database.enqueue(.test("b-0", organization: 2))
            #expect(try await database.lease(2).map(\.id.rawValue) == ["b-0", "a-3"])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `terraform goes first, then the higher priority, then the older`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            try await database.enqueue(
                .test("note", queue: .notifications),
                .test("low"),
                .test("lower") { $0.priority = -1 },
                .test("high") { $0.priority = 5 },
                .test("low too")
            )
            #expect(try await database.lease(5).map(\.id.rawValue) == ["high", "low", "low too", "lower", "note"])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `jobs of a busy key wait without holding up others`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let blocked = (0..<100).map { NewJob.test("k-\($0)", organization: 1, key: "deployment:1") { $0.priority = 9 } }
            try await database.write { _ = try JobStore().enqueue(blocked, in: $0) }
            try await database.enqueue(.test("free", organization: 1), .test("other key", organization: 1, key: "deployment:2"))
            let first = try await database.lease(10)
            #expect(first.map(\.id.rawValue) == ["k-0", "free", "other key"])
            #expect(try await database.lease(10).isEmpty)
            try await database.write { transaction in
                try JobStore().end(
                    first[0],
                    as: Ending(outcome: .completed, status: .completed),
                    worker: .other,
                    now: Date(),
                    in: transaction
                )
            }
            #expect(try await database.lease(10).map(\.id.rawValue) == ["k-1"])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `limits hold for queues, organizations and paused queues`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let jobs = (0..<20).map {
                NewJob.test("j-\($0)", queue: $0 < 10 ? .terraform : .maintenance, organization: $0 % 2 == 0 ? 1 : 2)
            }
            try await database.write { transaction in
                _ = try JobStore().enqueue(jobs, in: transaction)
                try JobStore().setLimit(1, for: OrganizationID(rawValue: 2), in: transaction)
                try JobStore().pause(.maintenance, by: "t", in: transaction)
            }
            #expect(try await database.read { try JobStore().pausedQueues(in: $0) } == [.maintenance])
            let leased = try await database.lease(20) { $0.queueRoom = [.terraform: 4] }
            #expect(leased.filter { $0.organization?.rawValue == 2 }.count == 1)
            #expect(leased.count == 4 && leased.allSatisfy { $0.queue == .terraform })
            #expect(try await database.lease(20) { $0.perOrganization = 3 }.isEmpty)
            try await database.write { try JobStore().resume(.maintenance, in: $0) }
            #expect(
                try await database.lease(20) {
                    $0.perOrganization = 5; $0.queueRoom = [.terraform: 0]
                }.map(\.id.rawValue) == ["j-10", "j-12"]
            )
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `a job is not leased before its time, nor by a worker that doesn't know its kind`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let soon = Date(timeIntervalSinceNow: 60)
            try await database.enqueue(.test("later") { $0.runAt = soon }, .test("strange", kind: "strange"))
            #expect(try await database.lease(5).isEmpty)
            let due = try await database.read { try JobStore().look(in: $0).nextDueAt }
            #expect(abs(try #require(due).timeIntervalSince(soon)) < 0.001)
            #expect(try await database.lease(5, now: Date(timeIntervalSinceNow: 61)).map(\.id.rawValue) == ["later"])
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `fences grow with every lease, whoever leases`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let jobs = (0..<200).map { NewJob.test("j-\($0)", organization: Int64($0 % 5 + 1), key: "k-\($0 % 50)") }
            try await database.write { _ = try JobStore().enqueue(jobs, in: $0) }
            let leased = try await withThrowingTaskGroup { group in
                for worker in 0..<8 {
                    group.addTask {
                        var mine: [JobRecord] = []
                        for _ in 0..<5 { mine += try await database.lease(3, worker: "w\(worker)") }
                        return mine
                    }
                }
                return try await group.reduce(into: [JobRecord]()) { $0 += $1 }
            }
            // 50 keys, so 50 can run.
            #expect(leased.count == 50)
            #expect(Set(leased.map(\.id)).count == 50)
            #expect(Set(leased.compactMap(\.concurrencyKey)).count == 50)
            #expect(leased.compactMap { $0.fence?.rawValue }.sorted() == Array(1...50))
        }
    }
}
