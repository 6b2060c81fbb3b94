import FoundationEssentials
import Glibc
import Host

/// Where the benchmarks begin: `slipway-bench [--runs N] [SUBJECT…]`.
@main
struct Bench {
    private typealias Subject = @Sendable (Rig, Report) async throws -> Void

    private static let subjects: [(name: String, measure: Subject)] = [
        ("version", StartBench.measure),
        ("worker", WorkerBench.measure),
        ("overhead", OverheadBench.measure),
        ("deploy", DeployBench.measure),
        ("delay", DelayBench.measure),
        ("jobs", JobsBench.measure),
        ("rings", RingsBench.measure),
        ("vault", VaultBench.measure),
        ("polling", PollingBench.measure),
        ("fanout", FanoutBench.measure),
        ("saves", SavesBench.measure),
        ("live", LiveBench.measure),
        ("events", EventsBench.measure),
        ("registration", RegistrationBench.measure),
    ]
    /// What one word stands for.
    private static let groups = ["server": ["polling", "fanout", "saves", "live", "events"]]

    static func main() async {
        var words = Array(CommandLine.arguments.dropFirst())
        if words.first == "--memory" { await measureMemory(Array(words.dropFirst())) }
        var runs = 5
        if let index = words.firstIndex(of: "--runs"), words.indices.contains(index + 1), let number = Int(words[index + 1]) {
            runs = max(1, number)
            words.removeSubrange(index...(index + 1))
        }
        words = words.flatMap { groups[$0] ?? [$0] }
        let names = subjects.map(\.name)
        guard words.allSatisfy(names.contains) else {
            print("Usage: slipway-bench [--runs N] [\((names + groups.keys).joined(separator: "|"))]…")
            exit(2)
        }
        do {
            let rig = try Rig(runs: runs)
            let report = Report()
            report.head()
            for subject in subjects where words.isEmpty || words.contains(subject.name) {
                do { try await subject.measure(rig, report) } catch { report.skipped(subject.name, "\(error)") }
            }
            rig.remove()
        } catch {
            print("\(error)")
            exit(1)
        }
    }

    /// What a process does that ``VaultMemory`` started.
    private static func measureMemory(_ words: [String]) async -> Never {
        do {
            guard let kind = words.first.flatMap(VaultMemory.init) else { throw Rig.Failure(description: "--memory needs to know what.") }
            try await kind.run(Array(words.dropFirst()))
            exit(0)
        } catch {
            print("\(error)")
            exit(1)
        }
    }
}
