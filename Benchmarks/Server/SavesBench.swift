import Dispatch

/// How many states a second plain Terraforms can leave at the server.
enum SavesBench {
    private static let (size, seconds, projects) = (100_000, 4, 8)

    static func measure(_ rig: Rig, _ report: Report) async throws {
        let made = try MadeState(size: size)
        // A server takes 200 requests a second of each token.
        try await Served.with(rig, tokens: 100) { served in
            var (single, several) = (Samples(), Samples())
            for run in 0..<rig.runs {
                single.add(try await rate(1, run, served, made))
                several.add(try await rate(projects, run, served, made))
            }
            report.row("100 KB state saved over HTTP under a lock, one writer", single, unit: "/s")
            report.row("100 KB state saved over HTTP under a lock, \(projects) projects", several, unit: "/s")
        }
    }

    /// Saves a second, of so many writers, each with a project of its own.
    private static func rate(_ writers: Int, _ run: Int, _ served: Served, _ made: MadeState) async throws -> Double {
        try await withThrowingTaskGroup(of: Double.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    try await withCheckedThrowingContinuation { continuation in
                        DispatchQueue(label: "writer").async {
                            continuation.resume(with: Result { try save("saves-\(writers)-\(run)-\(writer)", served, made) })
                        }
                    }
                }
            }
            return try await group.reduce(0, +)
        }
    }

    private static func save(_ project: String, _ served: Served, _ made: MadeState) throws -> Double {
        let (path, lock) = ("/api/state/\(project)", "b9d5c3a0-5d0e-4a55-9a5e-0c8f3d1f7e\(project.utf8.count)")
        let connection = try HTTPConnection(port: served.port)
        let info = Array("{\"ID\":\"\(lock)\",\"Operation\":\"OperationTypeApply\",\"Who\":\"bench\"}".utf8)
        try connection.get("LOCK", path, token: served.token, info)
        var count = 0
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(seconds) {
            count += 1
            let token = served.tokens[count % served.tokens.count]
            try connection.get("POST", "\(path)?ID=\(lock)", token: token, made.bytes(serial: count))
        }
        let duration = ContinuousClock.now - start
        try connection.get("UNLOCK", path, token: served.token, info)
        return Double(count) / duration.seconds
    }
}
