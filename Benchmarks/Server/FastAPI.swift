import Host

/// The same answers by FastAPI on uvicorn with uvloop and httptools, from memory.
final class FastAPI: Sendable {
    let process: ChildProcess
    let port: Int

    private init(process: ChildProcess, port: Int) {
        self.process = process
        self.port = port
    }

    /// Starts it and waits until it serves.
    ///
    /// - Parameters:
    ///   - rig: Where.
    ///   - answers: A JSON file: the answers by job.
    /// - Returns: It, at work.
    /// - Throws: ``Rig/Failure`` when it is missing or doesn't start.
    static func start(_ rig: Rig, answers: String) async throws -> FastAPI {
        let program = try rig.tool("uvicorn", remedy: "run `make bootstrap`, or `pip install fastapi 'uvicorn[standard]'`.")
        let log = "\(rig.folder)/uvicorn-\(Rig.unique()).log"
        let words = ["--app-dir", "Benchmarks/Fixtures/polling", "status:app", "--port", "0", "--no-access-log"]
        let environment = rig.environment.merging(["SLIPWAY_BENCH_ANSWERS": answers, "PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        var command = ChildProcess.Command(program, words, environment: environment)
        command.output = .file(log)
        command.errorOutput = .file(log)
        let process = try ChildProcess.start(command)
        for _ in 0..<1200 {
            let text = FileSystem.exists(log) ? String(decoding: try FileSystem.read(log), as: UTF8.self) : ""
            let sign = "Uvicorn running on http://127.0.0.1:"
            if let range = text.firstRange(of: sign), let port = Int(text[range.upperBound...].prefix(while: \.isNumber)) {
                return FastAPI(process: process, port: port)
            }
            guard process.status == nil else { throw Rig.Failure(description: "uvicorn does not start: \(text.suffix(500))") }
            try await Task.sleep(for: .milliseconds(50))
        }
        process.signal(9)
        throw Rig.Failure(description: "uvicorn does not start.")
    }

    func stop() async {
        process.signal(15)
        _ = await process.wait()
    }
}
