import TestKit
import Testing

@testable import Storage

@Suite(.requires(.redis)) struct RedisTests {
    private func name() -> String { "key-" + String(UInt64.random(in: 0...UInt64.max), radix: 36) }

    @Test func `a key is set once, by one of many`() async throws {
        let server = try await ThrowawayRedis.shared()
        let key = name()
        let wins = try await withThrowingTaskGroup { group in
            for number in 0..<20 {
                group.addTask {
                    let client = try server.client()
                    defer { Task { await client.close() } }  // closes by itself, awaited by nobody
                    return try await client.setIfAbsent(key, to: "holder \(number)", expiringAfter: .seconds(60))
                }
            }
            var wins = 0
            for try await isWon in group where isWon { wins += 1 }
            return wins
        }
        #expect(wins == 1)
    }

    @Test func `only the holder's value removes and extends`() async throws {
        let client = try await ThrowawayRedis.shared().client()
        let key = name()
        #expect(try await client.value(of: key) == nil)
        #expect(try await client.setIfAbsent(key, to: "mine 漢字", expiringAfter: .seconds(60)))
        #expect(try await client.value(of: key) == "mine 漢字")
        #expect(try await client.delete(key, ifEqualTo: "other") == false)
        #expect(try await client.extend(key, ifEqualTo: "other", expiringAfter: .seconds(1)) == false)
        #expect(try await client.extend(key, ifEqualTo: "mine 漢字", expiringAfter: .seconds(60)))
        #expect(try await client.delete(key, ifEqualTo: "mine 漢字"))
        #expect(try await client.delete(key, ifEqualTo: "mine 漢字") == false)
        #expect(try await client.extend(key, ifEqualTo: "mine 漢字", expiringAfter: .seconds(1)) == false)
        #expect(try await client.delete(key) == false)
    }

    @Test func `a key ends by itself`() async throws {
        let client = try await ThrowawayRedis.shared().client()
        let key = name()
        #expect(try await client.setIfAbsent(key, to: "a", expiringAfter: .seconds(60)))
        #expect(try await client.extend(key, ifEqualTo: "a", expiringAfter: .milliseconds(30)))
        try await within(.seconds(10), "the end of the key") {
            while try await client.value(of: key) != nil { try await Task.sleep(for: .milliseconds(5)) }
        }
        #expect(try await client.setIfAbsent(key, to: "b", expiringAfter: .seconds(60)))
    }

    @Test func `the password is asked for`() async throws {
        let server = try await ThrowawayRedis(settings: ["--requirepass", "p@ss w"])
        try await server.client(password: "p%40ss%20w").ping()
        for password in ["", "wrong"] {
            let error = await #expect(throws: RedisError.self) { try await server.client(password: password).ping() }
            guard case .authenticationFailed = error?.reason else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(!"\(String(describing: error))".contains("wrong"))
        }
        try await server.remove()
    }

    @Test func `a database of its own is chosen`() async throws {
        let server = try await ThrowawayRedis.shared()
        let key = name()
        let first = try server.client()
        let second = RedisClient(try RedisLocation.parse(server.url(database: 3)))
        #expect(try await first.setIfAbsent(key, to: "a", expiringAfter: .seconds(60)))
        #expect(try await second.value(of: key) == nil)
        let none = RedisClient(try RedisLocation.parse(server.url(database: 99)))
        let error = await #expect(throws: RedisError.self) { try await none.ping() }
        #expect(error?.reason == .refused(server: none.server, code: "ERR"))
    }

    @Test func `a server that went away is found again, empty`() async throws {
        let server = try await ThrowawayRedis()
        let client = try server.client()
        let key = name()
        #expect(try await client.setIfAbsent(key, to: "a", expiringAfter: .seconds(60)))
        try await server.kill()
        let error = await #expect(throws: RedisError.self) { try await client.ping() }
        #expect(error?.reason == .unreachable(server: client.server))
        // Within the pause it fails without trying.
        let start = ContinuousClock.now
        await #expect(throws: RedisError.self) { try await client.ping() }
        #expect(ContinuousClock.now - start < .seconds(1))
        try await server.restart()
        try await within(.seconds(20), "the server") {
            while true {
                do { return try await client.ping() } catch { try await Task.sleep(for: .milliseconds(10)) }
            }
        }
        #expect(try await client.value(of: key) == nil)
        try await server.remove()
    }

    @Test func `an idle connection that the server closed is replaced at once`() async throws {
        let server = try await ThrowawayRedis()
        let client = try server.client()
        try await client.ping()
        try await server.kill()
        try await server.restart()
        try await client.ping()
        try await server.remove()
    }

    @Test func `a server that stopped is given up in time`() async throws {
        let server = try await ThrowawayRedis()
        var options = RedisOptions()
        options.commandTimeout = .milliseconds(200)
        let client = try server.client(options: options)
        try await client.ping()
        await server.pause()
        let error = await #expect(throws: RedisError.self) { try await client.ping() }
        #expect(error?.reason == .connectionLost(server: client.server))
        await server.resume()
        try await within(.seconds(20), "the server") {
            while true {
                do { return try await client.ping() } catch { try await Task.sleep(for: .milliseconds(10)) }
            }
        }
        try await server.remove()
    }

    @Test func `a closed client and a full line refuse`() async throws {
        let server = try await ThrowawayRedis.shared()
        var options = RedisOptions()
        options.waiting = 0
        await #expect(throws: RedisError(.busy)) { try await server.client(options: options).ping() }
        let client = try server.client()
        try await client.ping()
        await client.close()
        await #expect(throws: RedisError(.closed)) { try await client.ping() }
    }
}
