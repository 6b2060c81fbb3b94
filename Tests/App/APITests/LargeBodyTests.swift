import Synchronization
import TestKit
import Testing
import WebServer

@testable import API

@Suite struct LargeBodyTests {
    private let shape = BodyShape.json(.any, limit: 4 << 20)

    private func request(_ count: Int, type: String = "application/json") throws -> Request {
        Request(
            method: "POST",
            target: try #require(RequestTarget("/")),
            headers: HeaderFields([HeaderField("Content-Type", type)]),
            body: RequestBody(bytes: [UInt8](repeating: 0x20, count: count))
        )
    }

    @Test func `small ones need no room, large ones wait for it in order`() async throws {
        let bodies = LargeBodies(capacity: 1 << 20)
        let (_, none) = try await bodies.collect(request(1000), shape)
        #expect(none == nil)
        let first = Mutex<LargeBodies.Share?>(try await bodies.collect(request(900_000), shape).1)
        #expect(first.withLock { $0 != nil })
        async let second = bodies.collect(request(800_000), shape)
        let (small, _) = try await bodies.collect(request(200_000), shape)
        #expect(small.count == 200_000)
        first.withLock { $0 = nil }
        let (bytes, share) = try await second
        #expect(bytes.count == 800_000)
        #expect(share != nil)
    }

    @Test func `one that is larger than all room gets in alone, an archive too, and who waits too long is told`() async throws {
        let bodies = LargeBodies(capacity: 1 << 20, patience: .milliseconds(20))
        let (_, whole) = try await bodies.collect(request(2 << 20), shape)
        let problem = await #expect(throws: Problem.self) { try await bodies.collect(request(300_000), shape) }
        #expect(problem?.status == 503)
        let archive = await #expect(throws: Problem.self) { try await bodies.collect(request(10, type: "application/gzip"), shape) }
        #expect(archive?.status == 503)
        withExtendedLifetime(whole) {}
    }

    @Test func `one over the limit is refused, and one that is cancelled leaves the queue`() async throws {
        let bodies = LargeBodies(capacity: 1 << 20)
        await #expect(throws: BodyError.self) { try await bodies.collect(request(5 << 20), shape) }
        let holder = Mutex<LargeBodies.Share?>(try await bodies.collect(request(1 << 20), shape).1)
        let waiting = Task { try await bodies.collect(request(1 << 20), shape).0.count }
        waiting.cancel()
        await #expect(throws: (any Error).self) { try await waiting.value }
        holder.withLock { $0 = nil }
        #expect(try await bodies.collect(request(1 << 20), shape).0.count == 1 << 20)
    }
}
