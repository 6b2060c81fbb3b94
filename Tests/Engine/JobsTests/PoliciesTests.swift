import Testing

@testable import Jobs

@Suite struct RetryPolicyTests {
    @Test(arguments: [(1, 60), (2, 120), (3, 240), (6, 1920), (7, 3600), (8, 3600), (1000, 3600)])
    func `the ceiling doubles from a minute to an hour`(attempt: Int, seconds: Int) {
        #expect(RetryPolicy().ceiling(after: attempt) == .seconds(seconds))
    }

    @Test func `a pause is between half the ceiling and the ceiling, and not always the same`() {
        var random = SystemRandomNumberGenerator()
        let pauses = (0..<200).map { _ in RetryPolicy().pause(after: 2, using: &random) }
        #expect(pauses.allSatisfy { $0 >= .seconds(60) && $0 <= .seconds(120) })
        #expect(Set(pauses).count > 100)
    }
}

@Suite struct ClockWatchTests {
    private func watch() -> ClockWatch {
        ClockWatch(
            start: .init(wall: .seconds(1000), elapsed: .seconds(100), awake: .seconds(100)),
            lease: .seconds(45),
            clockTolerance: .seconds(2),
            pauseTolerance: .seconds(5)
        )
    }

    @Test func `nobody is judged within a lease period of the start`() {
        let watch = watch()
        #expect(!watch.mayJudge(at: .seconds(144)))
        #expect(watch.mayJudge(at: .seconds(145)))
    }

    @Test func `steady clocks are no jump`() {
        var watch = watch()
        #expect(watch.observe(.init(wall: .seconds(1005), elapsed: .seconds(105), awake: .seconds(105)), planned: .seconds(5)) == nil)
        #expect(watch.mayJudge(at: .seconds(145)))
    }

    @Test(arguments: [
        (ClockWatch.Jump.clockSet, 1060, 105, 105),
        (.clockSet, 960, 105, 105),
        (.suspended, 1200, 300, 105),
        (.paused, 1200, 300, 300),
    ])
    func `a jump puts off every judgement by a lease period`(jump: ClockWatch.Jump, wall: Int, elapsed: Int, awake: Int) {
        var watch = watch()
        let reading = ClockWatch.Reading(wall: .seconds(wall), elapsed: .seconds(elapsed), awake: .seconds(awake))
        #expect(watch.observe(reading, planned: .seconds(5)) == jump)
        #expect(!watch.mayJudge(at: .seconds(max(145, elapsed + 44)) - .milliseconds(1)))
        #expect(watch.mayJudge(at: .seconds(max(145, elapsed + 45))))
    }
}

@Suite struct StopSignalTests {
    @Test func `a more urgent reason replaces the first, a milder one doesn't`() {
        let signal = StopSignal()
        signal.ring(.cancelled(by: "a"))
        signal.ring(.shutdown)
        #expect(signal.reason == .cancelled(by: "a"))
        signal.ring(.forced(by: "b"))
        #expect(signal.reason == .forced(by: "b"))
        signal.ring(.leaseLost)
        #expect(throws: JobStopped(reason: .leaseLost)) { try signal.check() }
    }

    @Test func `a waiter hears of the first reason, and one that waits beyond it of the next`() async {
        let signal = StopSignal()
        async let first = signal.wait()
        async let second = signal.wait(beyond: .cancelled(by: ""))
        signal.ring(.cancelled(by: "a"))
        #expect(await first == .cancelled(by: "a"))
        signal.ring(.forced(by: "a"))
        #expect(await second == .forced(by: "a"))
    }

    @Test func `a cancelled waiter gives up`() async {
        let signal = StopSignal()
        let reason = await withTaskGroup { group in
            group.addTask { await signal.wait() }
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(reason == nil)
    }
}
