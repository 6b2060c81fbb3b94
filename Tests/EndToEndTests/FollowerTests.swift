import Host
import Storage
import TestKit
import Testing

@Suite(.requires(.terraform), .requires(.python)) struct FollowerTests {
    private static let clients =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Clients"

    @Test func `20 deployments and 200 followers outlive a kill and a restart, and everyone sees every event once`() async throws {
        try await Slipway.with { slipway in
            let first = try await ServedSlipway(slipway, workers: 4)
            let words = ["python3", "\(Self.clients)/followers.py", "20", "200"]
            async let following = first.run("/usr/bin/env", words, timeout: .seconds(900))

            try await Self.wait(for: 3, first)
            first.process.child.signal(9)
            #expect(try await first.process.end() == 137)

            let second = try await ServedSlipway(slipway, workers: 4, token: first.token, listen: first.address)
            try await Self.wait(for: 9, second)
            try await second.stop()

            let third = try await ServedSlipway(slipway, workers: 4, token: first.token, listen: first.address)
            let finished = try await following
            #expect(finished.status.end == .code(0), "\(finished.text)\n\(finished.errorText)")
            #expect(finished.text.hasSuffix("every event once\n"))
            try await third.stop()
        }
    }

    @Test(.requires(.postgres), .requires(.redis))
    func `a worker elsewhere is heard over Redis, and over PostgreSQL while Redis is dead`() async throws {
        let redis = try await ThrowawayRedis()
        try await TestDatabase.postgres.location { location in
            guard case .postgres(let database) = location else { return }
            try await Slipway.with(environment: ["SLIPWAY_DATABASE_URL": database, "SLIPWAY_REDIS_URL": redis.url()]) { slipway in
                let served = try await ServedSlipway(slipway, workers: 0)
                let doctor = try await slipway.run("doctor")
                #expect(doctor.output.contains("told to other processes by Redis"), "\(doctor)")
                let worker = try slipway.start("worker")
                async let following = served.run(
                    "/usr/bin/env",
                    ["python3", "\(Self.clients)/followers.py", "6", "24"],
                    timeout: .seconds(600)
                )
                try await Self.wait(for: 1, served)
                try await redis.kill()
                try await Self.wait(for: 3, served)
                try await redis.restart()
                let finished = try await following
                #expect(finished.status.end == .code(0), "\(finished.text)\n\(finished.errorText)")
                #expect(finished.text.hasSuffix("every event once\n"))
                worker.child.signal(15)
                #expect(try await worker.end(within: .seconds(60)) == 0)
                try await served.stop()
            }
        }
        try await redis.remove()
    }

    /// Waits until so many jobs are completed.
    private static func wait(for count: Int, _ served: ServedSlipway) async throws {
        try await within(.seconds(400), "\(count) completed jobs") {
            while true {
                let answer = try await served.ask("GET", "/api/jobs?status=completed&limit=100")
                if let jobs = JSONTree(answer.body)?["items"]?.list, jobs.count >= count { return }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
