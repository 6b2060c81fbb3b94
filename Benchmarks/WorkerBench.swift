import Host

/// What a worker that has nothing to do holds of the machine's memory.
enum WorkerBench {
    static func measure(_ rig: Rig, _ report: Report) async throws {
        var (resident, proportional, own) = (Samples(), Samples(), Samples())
        for _ in 0..<rig.runs {
            let data = try rig.folder("worker-\(Rig.unique())")
            let worker = try ChildProcess.start(.init(rig.slipway, ["worker", "--data", data], environment: rig.environment, folder: "/"))
            // Some polls, a heartbeat and the leftovers' round.
            try await Task.sleep(for: .seconds(6))
            let sizes = try sizes(of: worker.pid)
            worker.signal(2)
            _ = await worker.wait()
            resident.add(sizes["Rss"] ?? .nan)
            proportional.add(sizes["Pss"] ?? .nan)
            own.add(sizes["Anonymous"] ?? .nan)
        }
        report.row("idle worker: resident memory (RSS)", resident, unit: "MB", places: 1, aim: .atMost(20))
        report.row("idle worker: its share of it (PSS)", proportional, unit: "MB", places: 1)
        report.row("idle worker: its own of it (anonymous)", own, unit: "MB", places: 1)
    }

    /// In MB, by the names of proc(5).
    static func sizes(of pid: Int32) throws -> [String: Double] {
        let text = String(decoding: try FileSystem.read("/proc/\(pid)/smaps_rollup"), as: UTF8.self)
        var sizes: [String: Double] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count == 3, let size = Double(words[1]) else { continue }
            sizes[String(words[0].dropLast())] = size / 1024
        }
        return sizes
    }
}
