import Host

/// wrk, which asks a server for the same paths as quickly as it answers.
struct Wrk {
    struct Figures {
        /// Requests a second.
        let rate: Double
        /// In milliseconds.
        let median: Double
        let late: Double
        /// What a request costs the server, in microseconds of a processor.
        let cost: Double
    }

    static let connections = 64
    private static let script = "Benchmarks/Fixtures/polling/poll.lua"
    private let program: String
    private let list: String
    private let rig: Rig

    /// - Parameters:
    ///   - rig: Where to run it.
    ///   - list: A file of lines with a path and a token each, asked in turn.
    /// - Throws: ``Rig/Failure`` when it is missing.
    init(_ rig: Rig, list: String) throws {
        program = try rig.tool("wrk", remedy: "run `make bootstrap`, or install the package wrk.")
        self.list = list
        self.rig = rig
    }

    /// Asks for some seconds over 64 connections that stay.
    ///
    /// - Throws: When any answer was none, or no success.
    func run(port: Int, of server: ChildProcess, seconds: Int) async throws -> Figures {
        let words = ["-t1", "-c\(Self.connections)", "-d\(seconds)s", "-s", Self.script, "http://127.0.0.1:\(port)", "--", list]
        let command = ChildProcess.Command(program, words, environment: rig.environment)
        let before = try ProcessTime.seconds(of: server.pid)
        let finished = try await ChildProcess.run(command, timeout: .seconds(60))
        let used = try ProcessTime.seconds(of: server.pid) - before
        let line = finished.text.split(separator: "\n").last { $0.hasPrefix("figures ") } ?? ""
        let numbers = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard numbers.count == 5, numbers[0] > 0, numbers[1] > 0 else {
            throw Rig.Failure(description: "wrk failed: \(finished.text)\(finished.errorText)")
        }
        guard numbers[4] == 0 else {
            throw Rig.Failure(description: "\(Int(numbers[4])) of \(Int(numbers[0])) answers were none or no success.")
        }
        return Figures(
            rate: numbers[0] / numbers[1] * 1_000_000,
            median: numbers[2] / 1000,
            late: numbers[3] / 1000,
            cost: used / numbers[0] * 1_000_000
        )
    }
}
