/// How long the program takes to start and say its version.
enum StartBench {
    static func measure(_ rig: Rig, _ report: Report) async throws {
        var samples = Samples()
        for _ in 0..<max(30, rig.runs) { samples.add(try await rig.time(rig.slipway, ["version"]).milliseconds) }
        report.row("start: slipway version", samples, unit: "ms", places: 1, aim: .atMost(15))
    }
}
