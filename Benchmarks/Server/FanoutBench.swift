import Domain
import Events
import FoundationEssentials
import Host
import Storage
import Synchronization

/// How long one event takes to thousands of subscribers, and what they cost.
enum FanoutBench {
    private static let eventsPerRun = 6
    private static let data =
        #"{"deployment_id":42,"message":"Creating resources: 7 of 12 done","metadata":{"created":7,"remaining":5},"progress":63,"#
        + #""stage":"apply","status":"applying","timestamp":"2026-01-31T12:00:00.000Z"}"#

    static func measure(_ rig: Rig, _ report: Report) async throws {
        var idle = Samples()
        for _ in 0..<rig.runs {
            idle.add(
                try await Served.with(rig) { served in
                    // Some polls, a heartbeat and the leftovers' round.
                    try await Task.sleep(for: .seconds(6))
                    return try WorkerBench.sizes(of: served.process.pid)["Rss"] ?? .nan
                }
            )
        }
        report.row("idle server: resident memory (RSS)", idle, unit: "MB", places: 1, aim: .atMost(30))
        try await measure(1000, atMost: 20, rig, report)
        let memory = try await measure(5000, atMost: 80, rig, report)
        report.row("server with 5000 WebSockets: resident memory (RSS)", memory, unit: "MB", places: 1, aim: .atMost(150))
    }

    /// The server's memory with all connected, after each event, is returned.
    @discardableResult
    private static func measure(_ count: Int, atMost aim: Double, _ rig: Rig, _ report: Report) async throws -> Samples {
        var (medians, lates, lasts, commits, memory, costs) = (Samples(), Samples(), Samples(), Samples(), Samples(), Samples())
        try await Served.with(rig, tokens: max(10, count / 100)) { served in
            let channel = BroadcastChannel.organization(served.organization, .terraform)
            let swarm = try Swarm(count, of: served, channel: "private-\(channel.name)")
            for number in 0..<(rig.runs * eventsPerRun + 2) {
                try await Task.sleep(for: .milliseconds(100 + number * 37 % 60))
                async let arrivals = swarm.arrivals()
                let used = try ProcessTime.seconds(of: served.process.pid)
                let begin = Mutex<UInt64>(0)
                let now = Date()
                try await served.database.write { transaction in
                    let event = NewBroadcast(channel, name: "TerraformProvisioningProgress", data: data)
                    try BroadcastStore().append([event], at: now, in: transaction)
                    // The commit is all that is left.
                    begin.withLock { $0 = Swarm.now() }
                }
                let (start, end) = (begin.withLock { $0 }, Swarm.now())
                let delays = Samples(try await arrivals.map { Double($0 - start) / 1_000_000 })
                // The first ones find caches cold.
                guard number >= 2 else { continue }
                medians.add(delays.median)
                lates.add(delays.percentile(0.99))
                lasts.add(delays.largest)
                costs.add((try ProcessTime.seconds(of: served.process.pid) - used) / Double(count) * 1_000_000)
                commits.add(Double(end - start) / 1_000_000)
                memory.add(try WorkerBench.sizes(of: served.process.pid)["Rss"] ?? .nan)
            }
        }
        report.row("one event to \(count) WebSockets, median of them", medians, unit: "ms", places: 1)
        report.row("one event to \(count) WebSockets, p99 of them", lates, unit: "ms", places: 1, aim: .atMost(aim))
        report.row("one event to \(count) WebSockets, the last of them", lasts, unit: "ms", places: 1)
        report.row("what each costs the server, of a processor", costs, value: costs.mean, unit: "us", places: 1)
        report.row("the commit within it", commits, unit: "ms", places: 1)
        return memory
    }
}
