import Access
import Domain
import FoundationEssentials
import Jobs
import Storage
import Synchronization
import TestKit
import Testing
import WebServer

@testable import API

/// Status polls that are answered without the database.
@Suite struct RunStatusCacheTests {
    private static func request(_ scene: APIScene, _ token: String?, method: String = "GET") throws -> Request {
        guard let target = RequestTarget("/api/deploy/status/\(scene.job)") else { throw TooLate(description: "a target") }
        let fields = token.map { [HeaderField("Authorization", "Bearer \($0)")] } ?? []
        return Request(method: method, target: target, headers: HeaderFields(fields), client: Client(address: "192.0.2.7"), id: "test")
    }

    private static func text(_ response: Response?) -> String? {
        if case .bytes(let bytes)? = response?.body { String(decoding: bytes, as: UTF8.self) } else { nil }
    }

    @Test(arguments: TestDatabase.allCases)
    func `an answer that was just given is given again, until anything is committed`(_ database: TestDatabase) async throws {
        try await APIScene.with(database) { scene in
            let request = try Self.request(scene, scene.tokens[.viewer])
            #expect(scene.server.respondAtOnce(to: request) == nil)
            try await within(.seconds(60), "two requests within a second") {
                while true {
                    let first = await scene.server.respond(to: request)
                    guard let second = scene.server.respondAtOnce(to: request) else { continue }
                    #expect(Self.text(first) == Self.text(second) && first.headers == second.headers && second.status == 200)
                    break
                }
            }
            for number in 1...50 {
                _ = await scene.server.respond(to: request)
                try await scene.services.database.write { try $0.execute("UPDATE jobs SET progress = \(number)") }
                #expect(scene.server.respondAtOnce(to: request) == nil)
                let answer = await scene.server.respond(to: request)
                #expect(Self.text(answer)?.contains("\"progress\":\(number),") == true)
            }
        }
    }

    @Test func `only those who may read the job are answered`() async throws {
        try await APIScene.with { scene in
            let tokens = [scene.stranger, "slp_" + String(repeating: "A", count: 40), "x", nil]
            for token in tokens { _ = await scene.server.respond(to: try Self.request(scene, token)) }
            let good = try Self.request(scene, scene.tokens[.viewer])
            try await within(.seconds(60), "an answer at once") {
                while true {
                    _ = await scene.server.respond(to: good)
                    for token in tokens {
                        let bad = try Self.request(scene, token)
                        #expect(scene.server.respondAtOnce(to: bad) == nil)
                    }
                    let other = try Self.request(scene, scene.tokens[.viewer], method: "DELETE")
                    #expect(scene.server.respondAtOnce(to: other) == nil)
                    if scene.server.respondAtOnce(to: good) != nil { break }
                }
            }
            let access = scene.services.access
            for token in try await access.tokens(of: scene.own.id) where token.name == "viewer" {
                _ = try await access.revokeToken(token.id, by: APIScene.author)
            }
            #expect(scene.server.respondAtOnce(to: good) == nil)
            #expect(await scene.server.respond(to: good).status == 401)
        }
    }

    @Test func `an answer is old after 100 ms, and when anything has changed since before it was read`() async throws {
        try await APIScene.with { scene in
            let clock = Mutex(ContinuousClock.now)
            let cache = RunStatusCache { clock.withLock { $0 } }
            let job = try await scene.services.database.read { [id = scene.job] in try JobStore().job(id, in: $0) }
            guard let job else { throw TooLate(description: "the job") }
            cache.keep([1], of: job, changes: 7, readAt: clock.withLock { $0 })
            #expect(cache.answer(for: job.id.rawValue, changes: 7)?.body == [1])
            #expect(cache.answer(for: job.id.rawValue, changes: 8) == nil)
            #expect(cache.answer(for: "another", changes: 7) == nil)
            clock.withLock { $0 += .seconds(1) }
            #expect(cache.answer(for: job.id.rawValue, changes: 7) != nil)
            clock.withLock { $0 += .milliseconds(1) }
            #expect(cache.answer(for: job.id.rawValue, changes: 7) == nil)
            cache.keep(Array(repeating: 1, count: 1 << 20), of: job, changes: 7, readAt: clock.withLock { $0 })
            #expect(cache.answer(for: job.id.rawValue, changes: 7) == nil)
        }
    }
}
