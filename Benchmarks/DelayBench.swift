import FoundationEssentials
import Host
import Synchronization
import Terraform

/// The way of a line: from the moment that Terraform stamps it to the moment that someone can read it from a follower's output.
enum DelayBench {
    private static let count = 24
    /// Lines spread over two seconds.
    static let configuration = """
        resource "terraform_data" "line" {
          count = \(count)
          input = count.index
          provisioner "local-exec" {
            command = "sleep 0.${(count.index * 37) % 89 + 10}; echo line-${count.index}; sleep 0.0${(count.index * 53) % 89 + 10}"
          }
        }
        """

    static func measure(_ rig: Rig, _ report: Report) async throws {
        _ = try rig.terraform()
        let data = try rig.folder("delay-data")
        let source = try rig.folder("delay-source", with: ["main.tf": configuration])
        var (own, other): ([Delay], [Delay]) = ([], [])
        let probe = try DiskProbe(rig)
        // The first finds everything cold, Terraform itself too.
        _ = try await delays(rig, data: data, source: source)
        for _ in 0..<rig.runs {
            let (first, second) = try await delays(rig, data: data, source: source)
            own += first
            other += second
        }
        Delay.rows(own, "line to screen: slipway deploy", report)
        Delay.rows(other, "line to screen: a second process that follows", report)
        probe.report(report)
    }

    /// One deploy, followed by itself and by a second process; the delays of each.
    private static func delays(_ rig: Rig, data: String, source: String) async throws -> ([Delay], [Delay]) {
        let (screen, second) = (Screen(), Screen())
        let words = ["deploy", source, "--project", "d-\(Rig.unique())", "--data", data, "--auto-approve", "--json"]
        let deploy = try start(rig, words, on: screen)
        let output = try await TerraformOutput.find(dataFolder: data, environment: rig.environment, while: deploy)
        while screen.job == nil, deploy.status == nil { try await Task.sleep(for: .milliseconds(2)) }
        guard let job = screen.job else { throw Rig.Failure(description: "`slipway deploy --json` printed no event.") }
        let follower = try start(rig, ["status", job, "--follow", "--json", "--data", data], on: second)
        guard await deploy.wait().isSuccess else {
            throw Rig.Failure(description: "`slipway deploy --json` failed: \(screen.text.suffix(500))")
        }
        _ = await follower.wait()
        let lines = try output.lines()
        return (screen.delays(of: lines), second.delays(of: lines))
    }

    private static func start(_ rig: Rig, _ words: [String], on screen: Screen) throws -> ChildProcess {
        var command = ChildProcess.Command(rig.slipway, words, environment: rig.environment, folder: "/")
        command.output = .pieces { screen.take($0) }
        return try ChildProcess.start(command)
    }
}

/// How long one line took, in milliseconds.
struct Delay: Sendable {
    let sinceStamp: Double
    let sinceWrite: Double

    init(_ line: TerraformOutput.Line, seenAt: Double) {
        sinceStamp = (seenAt - line.at) * 1000
        sinceWrite = (seenAt - line.writtenAt) * 1000
    }

    /// Prints the figures: of the whole way, and of the way that is ours.
    static func rows(_ delays: [Delay], _ what: String, _ report: Report) {
        let (stamped, written) = (Samples(delays.map(\.sinceStamp)), Samples(delays.map(\.sinceWrite)))
        report.row("\(what), median", written, unit: "ms", places: 1)
        report.row("\(what), p99", written, value: written.percentile(0.99), unit: "ms", places: 1, aim: .atMost(50))
        report.row("  from Terraform's stamp, p99", stamped, value: stamped.percentile(0.99), unit: "ms", places: 1)
    }
}

/// What Terraform itself wrote in one run; open, so that it can be read after the workspace is gone.
struct TerraformOutput {
    /// A line's subject, the time that Terraform gave it and the time at which it was written.
    typealias Line = (subject: String, at: Double, writtenAt: Double)

    private struct Record: Decodable {
        let timestamp: String
        let type: String
        let hook: Hook?

        enum CodingKeys: String, CodingKey {
            case timestamp = "@timestamp"
            case type, hook
        }
    }

    private struct Hook: Decodable {
        struct Resource: Decodable { let addr: String }
        let resource: Resource?
        let output: String?
    }

    let file: OpenFile
    let writes: WriteTimes

    /// Waits for the run's file to appear in the folder where workspaces are made.
    static func find(dataFolder: String, environment: [String: String], while process: ChildProcess) async throws -> TerraformOutput {
        let root = try WorkspaceRoot.choose(dataFolder: dataFolder, environment: environment).path
        while process.status == nil {
            // The folder may be gone again, or not be there yet.
            for name in (try? FileSystem.names(in: root)) ?? [] {
                let path = "\(root)/\(name)/output.jsonl"
                if let file = try? OpenFile(reading: path), let writes = WriteTimes(path) {
                    return TerraformOutput(file: file, writes: writes)
                }
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw Rig.Failure(description: "The deploy ended before Terraform's output was seen.")
    }

    /// What it has written; ends the watching of when it does.
    func lines() throws -> [Line] {
        writes.stop()
        let text = try file.read(from: 0)
        var latest = 0.0
        var end = -1
        return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            end += line.count + 1
            // A line that is no JSON is no event.
            guard let record = try? JSONDecoder().decode(Record.self, from: Data(line)), let stamp = Self.seconds(record.timestamp)
            else { return nil }
            // Terraform stamps a line and then waits for its turn to write: ten resources that start together have one time, and the
            // last is written 60 ms later. But a line was not written before the one above it was stamped.
            latest = max(latest, stamp)
            guard let hook = record.hook, let address = hook.resource?.addr, let writtenAt = writes.time(ofByteAt: end) else { return nil }
            let subject: String? =
                switch record.type {
                case "apply_start": "started \(address)"
                case "apply_complete": "completed \(address)"
                case "provision_progress": "\(hook.output ?? "") \(address)"
                default: nil
                }
            return subject.map { ($0, latest, max(latest, writtenAt)) }
        }
    }

    /// `2026-01-31T12:00:00.123456Z`, to the microsecond.
    private static func seconds(_ text: String) -> Double? {
        guard let dot = text.firstIndex(of: "."), let whole = try? Date("\(text[..<dot])Z", strategy: .iso8601) else { return nil }
        let digits = text[text.index(after: dot)...].prefix(while: \.isNumber)
        guard let fraction = Double("0.\(digits)") else { return nil }
        return whole.timeIntervalSince1970 + fraction
    }
}

/// What a follower printed, and when.
private final class Screen: Sendable {
    private struct Event: Decodable {
        struct Payload: Decodable {
            let address: String?
            let phase: String?
            let text: String?
        }

        let type: String
        let job: String
        let data: Payload
    }

    private let pieces = Mutex<[(bytes: [UInt8], at: Double)]>([])

    func take(_ bytes: [UInt8]) {
        let now = Date().timeIntervalSince1970
        pieces.withLock { $0.append((bytes, now)) }
    }

    var text: String { String(decoding: pieces.withLock { $0.flatMap(\.bytes) }, as: UTF8.self) }
    var job: String? { events().first?.event.job }

    /// Each whole line with the time at which its last byte came.
    private func events() -> [(event: Event, at: Double)] {
        var found: [(Event, Double)] = []
        var line: [UInt8] = []
        for (bytes, at) in pieces.withLock({ $0 }) {
            for byte in bytes {
                guard byte == UInt8(ascii: "\n") else {
                    line.append(byte)
                    continue
                }
                // Other documents have no such shape.
                if let event = try? JSONDecoder().decode(Event.self, from: Data(line)) { found.append((event, at)) }
                line = []
            }
        }
        return found
    }

    /// Of all lines stamped after this follower's first own.
    func delays(of lines: [TerraformOutput.Line]) -> [Delay] {
        let events = events()
        guard let beginning = events.first?.at else { return [] }
        var seen: [String: Double] = [:]
        for (event, at) in events {
            guard let address = event.data.address else { continue }
            seen["\(event.type == "provisioner" ? event.data.text ?? "" : event.data.phase ?? "") \(address)"] = at
        }
        return lines.compactMap { line in
            guard line.at > beginning, let at = seen[line.subject] else { return nil }
            return Delay(line, seenAt: at)
        }
    }
}
