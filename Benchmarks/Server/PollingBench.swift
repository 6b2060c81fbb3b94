import FoundationEssentials
import Host

/// How quickly a job's status can be asked for, beside FastAPI that has the same answers in memory.
enum PollingBench {
    private static let (jobCount, tokenCount, seconds) = (100, 400, 5)

    static func measure(_ rig: Rig, _ report: Report) async throws {
        try await Served.with(rig, tokens: tokenCount) { served in
            let jobs = try await served.makeJobs(jobCount)
            let connection = try HTTPConnection(port: served.port)
            var answers: [UInt8] = Array("{".utf8)
            for (index, job) in jobs.enumerated() {
                if index > 0 { answers += Array(",".utf8) }
                answers += Array("\"\(job)\":".utf8)
                answers += try connection.get("GET", "/api/deploy/status/\(job)", token: served.token)
            }
            let folder = try rig.folder("polling-\(Rig.unique())")
            try FileSystem.write(answers + Array("}".utf8), to: "\(folder)/answers.json")
            // Every token asks for every job in the end.
            let lines = (0..<tokenCount * 3).map { number in
                "/api/deploy/status/\(jobs[(number * 7 + number / tokenCount) % jobCount]) \(served.tokens[number % tokenCount])\n"
            }
            try FileSystem.write(Array(lines.joined().utf8), to: "\(folder)/list")
            let wrk = try Wrk(rig, list: "\(folder)/list")
            let other = try await FastAPI.start(rig, answers: "\(folder)/answers.json")
            do {
                try await compare(wrk, served, other, rig, report)
            } catch {
                await other.stop()
                throw error
            }
            await other.stop()
        }
    }

    private static func compare(_ wrk: Wrk, _ served: Served, _ other: FastAPI, _ rig: Rig, _ report: Report) async throws {
        // Caches fill, and every token's last use is written.
        _ = try await wrk.run(port: served.port, of: served.process, seconds: 2)
        _ = try await wrk.run(port: other.port, of: other.process, seconds: 2)
        var (own, others): ([Wrk.Figures], [Wrk.Figures]) = ([], [])
        for _ in 0..<rig.runs {
            own.append(try await wrk.run(port: served.port, of: served.process, seconds: seconds))
            others.append(try await wrk.run(port: other.port, of: other.process, seconds: seconds))
        }
        let subject = "status polling, \(Wrk.connections) connections"
        report.row("\(subject): slipway serve", Samples(own.map(\.rate)), unit: "/s")
        report.row("\(subject): FastAPI on uvicorn", Samples(others.map(\.rate)), unit: "/s")
        let ratio: Samples = .pairwise(own.map(\.rate), others.map(\.rate), /)
        report.row("status polling: times as fast", ratio, unit: "x", places: 1, aim: .atLeast(10))
        report.row("processor time a poll: slipway serve", Samples(own.map(\.cost)), unit: "us", places: 1)
        report.row("processor time a poll: FastAPI on uvicorn", Samples(others.map(\.cost)), unit: "us", places: 1)
        let saved: Samples = .pairwise(others.map(\.cost), own.map(\.cost), /)
        report.row("processor time a poll: times as little", saved, unit: "x", places: 1)
        report.row("\(subject), median: slipway serve", Samples(own.map(\.median)), unit: "ms", places: 1)
        report.row("\(subject), p99: slipway serve", Samples(own.map(\.late)), unit: "ms", places: 1)
        report.row("\(subject), p99: FastAPI on uvicorn", Samples(others.map(\.late)), unit: "ms", places: 1)
    }
}
