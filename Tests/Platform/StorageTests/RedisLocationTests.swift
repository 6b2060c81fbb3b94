import TestKit
import Testing

@testable import Storage

@Suite struct RedisLocationTests {
    @Test func `every part of an address is read`() throws {
        let location = try RedisLocation.parse("redis://me:p%40ss@redis.example:6380/2")
        #expect(location.server == .tcp(host: "redis.example", port: 6380))
        #expect(location.user == "me")
        #expect(location.password == "p@ss")
        #expect(location.database == 2)
        let short = try RedisLocation.parse("redis://:pass@localhost")
        #expect(short.server == .tcp(host: "localhost", port: 6379))
        #expect(short.user == nil && short.password == "pass" && short.database == 0)
        #expect(try RedisLocation.parse("redis://[::1]:7000").server == .tcp(host: "::1", port: 7000))
        let socket = try RedisLocation.parse("unix:///run/redis%20/redis.sock?db=4")
        #expect(socket.server == .socket(path: "/run/redis /redis.sock"))
        #expect(socket.database == 4)
    }

    @Test(arguments: [
        "", "redis", "redis://", "http://host", "redis://host/x", "redis://host:0", "redis://host:99999", "redis://host/-1", "unix://",
        "unix://relative", "unix:///a?x=1", "unix:///a?db", "redis://host?db=1", "redis://secret@host", "rediss://:secret@host",
        "redis://:secret@ho st",
    ])
    func `a wrong address is refused, without its password`(text: String) {
        let error = #expect(throws: RedisError.self) { try RedisLocation.parse(text) }
        guard case .invalidLocation(let problem) = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!problem.contains("secret"))
    }

    @Test func `no description holds the password`() throws {
        let location = try RedisLocation.parse("redis://me:s3cret@host/1")
        var dumped = ""
        dump(location, to: &dumped)
        for text in ["\(location)", String(reflecting: location), dumped] { #expect(!text.contains("s3cret") && !text.contains("me:")) }
        #expect("\(location)" == "host:6379")
    }

    @Test func `nobody at the address is said at once`() async throws {
        let client = RedisClient(try RedisLocation.parse("redis://:s3cret@127.0.0.1:\(try Loopback.freePort())"))
        let error = await #expect(throws: RedisError.self) { try await client.ping() }
        #expect(error?.reason == .unreachable(server: client.server))
        #expect(!String(reflecting: error).contains("s3cret"))
    }
}
