import Domain
import Log
import Storage
import Synchronization
import TestKit
import Testing

@testable import Jobs

/// Work beside a worker's jobs, on the slots that they leave free.
@Suite struct SpareSlotsTests {
    /// How many are inside at once.
    private final class Gauge: Sendable {
        private let state = Mutex((now: 0, most: 0))
        var most: Int { state.withLock { $0.most } }
        var now: Int { state.withLock { $0.now } }

        func hold<T>(_ work: () async throws -> T) async rethrows -> T {
            state.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            defer { state.withLock { $0.now -= 1 } }
            return try await work()
        }
    }

    @Test func `never more are inside than there are slots, and all have their turn`() async throws {
        let (slots, gauge) = (SpareSlots(count: 3), Gauge())
        let results = try await withThrowingTaskGroup(of: Int?.self) { group in
            for number in 0..<50 {
                group.addTask {
                    try await slots.withSlot(within: .seconds(60)) {
                        await gauge.hold { await Task.yield() }
                        return number
                    }
                }
            }
            return try await group.reduce(into: Set<Int>()) { if let number = $1 { $0.insert(number) } }
        }
        #expect(results == Set(0..<50))
        #expect((1...3).contains(gauge.most))
    }

    @Test func `who waits too long, or finds too many waiting, gets none`() async throws {
        let slots = SpareSlots(count: 1, waitingLimit: 1)
        let (inside, end) = (Notes<Int>(), Notes<Int>())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try await slots.withSlot(within: .seconds(1)) {
                    inside.add(1)
                    try await eventually { !end.all.isEmpty }
                }
            }
            try await eventually { !inside.all.isEmpty }
            #expect(try await slots.withSlot(within: .zero) { 1 } == nil)
            #expect(try await slots.withSlot(within: .milliseconds(20)) { 1 } == nil)
            let waiting = Task { try await slots.withSlot(within: .seconds(60)) { 2 } }
            try await eventually { slots.waitingCount == 1 }
            #expect(try await slots.withSlot(within: .seconds(60)) { 3 } == nil)
            end.add(1)
            #expect(try await waiting.value == 2)
            try await group.waitForAll()
        }
    }

    @Test func `who is cancelled while waiting leaves the line`() async throws {
        let slots = SpareSlots(count: 1)
        _ = try await slots.withSlot(within: .zero) {
            let waiting = Task { try await slots.withSlot(within: .seconds(60)) { 1 } }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
        #expect(try await slots.withSlot(within: .zero) { 2 } == 2)
    }

    @Test(arguments: TestDatabase.allCases)
    func `jobs and other work together never take more than the worker's slots`(_ kind: TestDatabase) async throws {
        try await kind.queue { database in
            let (slots, gauge) = (SpareSlots(count: 2), Gauge())
            let handler = TestHandler { _ in
                await gauge.hold { try? await Task.sleep(for: .milliseconds(5)) }
                return .completed()
            }
            let worker = try Worker(
                database: database,
                handlers: [handler],
                limits: WorkerLimits(computing: 2),
                spare: slots,
                logger: .none
            )
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    try await worker.run()
                    return 0
                }
                let jobs = (0..<20).map { _ in NewJob.test() }
                for job in jobs { try await database.enqueue(job) }
                for _ in 0..<20 {
                    group.addTask {
                        try await slots.withSlot(within: .seconds(60)) {
                            await gauge.hold { try? await Task.sleep(for: .milliseconds(5)) }
                            return 1
                        } ?? 0
                    }
                }
                for job in jobs { try await database.wait(for: job.id, toBe: .completed) }
                var done = 0
                while done < 20, let one = try await group.next() { done += one }
                #expect(done == 20)
                worker.shutDown()
                try await group.waitForAll()
            }
            #expect(gauge.most == 2)
        }
    }
}
