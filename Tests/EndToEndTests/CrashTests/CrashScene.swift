import FoundationEssentials
import Host
import TestKit
import Testing

/// One deploy of real processes that is crashed, and what must be true afterwards.
struct CrashScene: Sendable {
    /// What Terraform works with.
    enum Cloud: String, Sendable, CaseIterable {
        case builtin, aws
    }

    let slipway: Slipway
    let cloud: Cloud
    let source: String
    /// How many resources the configuration has.
    let count: Int

    static let builtinCount = 14
    static let awsCount = 7

    static func with(_ cloud: Cloud, environment more: [String: String] = [:], _ body: (CrashScene) async throws -> Void) async throws {
        var environment = more
        if cloud == .aws {
            let mirror = try #require(await ProviderMirror.find())
            environment.merge(try await Moto.shared().environment) { _, given in given }
            environment["SLIPWAY_PROVIDER_MIRROR"] = mirror
        }
        // A few at a time: what is measured is the order of things, not a machine that is out of breath.
        await turns.take()
        do {
            try await Slipway.with(environment: environment) { slipway in
                let source = try slipway.write(cloud == .aws ? aws : builtin, to: "source/main.tf")
                try await body(CrashScene(slipway: slipway, cloud: cloud, source: source, count: cloud == .aws ? awsCount : builtinCount))
            }
            await turns.give()
        } catch {
            await turns.give()
            throw error
        }
    }

    private static let turns = Turns(6)

    /// Lets so many in at once.
    private actor Turns {
        private var free: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(_ count: Int) { free = count }

        func take() async {
            if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
        }

        func give() {
            if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
        }
    }

    /// Two chains, so that some are done, two are at work, and the others aren't begun.
    ///
    /// A single resource that is cut off in its provisioner is in Terraform's state as if it were done: only those behind it are made later.
    private static var builtin: String {
        var text = ""
        for index in 0..<builtinCount {
            let input = index < 2 ? "\"first\"" : "terraform_data.r\(index - 2).output"
            text += """
                resource "terraform_data" "r\(index)" {
                  input = \(input)
                  provisioner "local-exec" { command = "sleep \(index % 2 == 0 ? "0.9" : "1.1")" }
                }

                """
        }
        return text
    }

    /// A chain, so that some are done while others aren't begun.
    ///
    /// Topics can be created again when the answer to their creation was lost, as parameters or buckets can't.
    private static var aws: String {
        let prefix = "crash-\(UInt32.random(in: 0...UInt32.max))"
        var text = Moto.provider
        for index in 0..<awsCount {
            let title = index == 0 ? "\"first\"" : "substr(aws_sns_topic.t\(index - 1).arn, 0, 90)"
            text += """

                resource "aws_sns_topic" "t\(index)" {
                  name         = "\(prefix)-\(index)"
                  display_name = \(title)
                }
                """
        }
        return text
    }

    // MARK: - Moments

    /// Waits until so many resources are reported done.
    func done(_ wanted: Int, in process: SlipwayProcess) async throws {
        try await until("\(wanted) resources done: \(process.lines.suffix(3)) \(process.errors)", within: .seconds(150)) {
            let isOver = process.isOver
            if process.lines.count(where: { $0.contains("\"phase\":\"completed\"") }) >= wanted { return true }
            if isOver { throw TooLate(description: "\(wanted) resources: it ended: \(process.lines.suffix(3)) \(process.errors):") }
            return false
        }
    }

    /// The worker of the job's last attempt so far.
    func worker(in process: SlipwayProcess) throws -> Int32 {
        let said = process.lines.compactMap { JSONTree($0) }.last { $0["type"]?.text == "environment" }?["data"]?["worker"]?.text
        return try #require(said?.split(separator: ":").last.flatMap { Int32($0) })
    }

    /// Terraform and its providers below a worker.
    static func terraform(below worker: Int32) -> [Int32] {
        ProcessTable.tree(worker).filter { pid in ProcessTable.name(pid).map { $0.hasPrefix("terraform") } == true }
    }

    static func kill(_ pids: [Int32]) { for pid in pids { ProcessHandle(pid)?.signal(9) } }

    // MARK: - What must be true

    /// Resources that lines of `--json` report as done: every one of them, in order.
    static func completions(_ lines: [String]) -> [(address: String, action: String, id: String?)] {
        lines.compactMap { JSONTree($0) }.compactMap { event in
            guard event["type"]?.text == "resource", let data = event["data"], data["phase"]?.text == "completed",
                let address = data["address"]?.text, let action = data["action"]?.text
            else { return nil }
            return (address, action, data["idValue"]?.text)
        }
    }

    /// Checks that everything that anyone saw done is in the newest state, under the id that was reported; what was killed between the report
    /// and the state is named.
    ///
    /// - Parameters:
    ///   - job: Whose events are read again.
    ///   - seen: Lines of a follower that may have died with the rest.
    ///   - note: Said with what is wrong.
    ///   - sourceLocation: Of the caller.
    /// - Throws: ``TooLate`` when a command doesn't end.
    func expectNothingLost(_ job: String, seen: [String], note: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let told = try await slipway.run("status", job, "--follow", "--json").lines
        let state = try await slipway.json("state", "pull", "--project", "crash").stateResources
        let message = try await slipway.json("status", job)["errorMessage"]?.text ?? ""
        var ids: [String: String] = [:]
        for lines in [told, seen] {
            for done in Self.completions(lines) where done.action == "create" {
                let id = try #require(done.id, sourceLocation: sourceLocation)
                // Terraform reports a resource before it writes it down: killed right there, it can only be named, with its id.
                let isNamed = message.contains("\(done.address) was reported done") && message.contains(id)
                #expect(state[done.address] == id || isNamed, "\(done.address) is lost (\(note))", sourceLocation: sourceLocation)
                // Made twice, the first would be lost in the cloud.
                #expect(ids[done.address, default: id] == id, "\(done.address) was made twice (\(note))", sourceLocation: sourceLocation)
                ids[done.address] = id
            }
        }
        let attempts = try await slipway.json("status", job)["attempts"]?.list ?? []
        for (earlier, later) in zip(attempts, attempts.dropFirst()) {
            let fences = (earlier["fence"]?.number ?? 0, later["fence"]?.number ?? 0)
            #expect(fences.0 < fences.1, "\(attempts) (\(note))", sourceLocation: sourceLocation)
            let (ended, began) = (earlier["endedAt"]?.text ?? "9", later["startedAt"]?.text ?? "0")
            #expect(ended <= began, "\(attempts) (\(note))", sourceLocation: sourceLocation)
        }
        let versions = try await slipway.json("state", "versions", "--project", "crash", "--limit", "1000").list.compactMap {
            $0["version"]?.number
        }
        #expect(versions.sorted() == (1...max(1, versions.count)).map(Double.init), "\(versions) (\(note))", sourceLocation: sourceLocation)
    }

    /// Checks that a failed job names every resource that was at work and not done when it was cut off.
    func expectDoubtNamed(_ job: String, seen: [String], note: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let status = try await slipway.json("status", job)
        let message = status["errorMessage"]?.text ?? ""
        var open: Set<String> = []
        for event in seen.compactMap({ JSONTree($0) }) where event["type"]?.text == "resource" {
            guard let address = event["data"]?["address"]?.text, event["data"]?["action"]?.text == "create" else { continue }
            if event["data"]?["phase"]?.text == "started" { open.insert(address) }
            if event["data"]?["phase"]?.text == "completed" { open.remove(address) }
        }
        // Some may have ended in the last moment, which the next attempt only has heard.
        let named = open.filter { message.contains($0) }
        let isNamed = !named.isEmpty || message.contains("was being created")
        #expect(isNamed && message.contains("--resume-after-crash"), "\(open): \(message) (\(note))", sourceLocation: sourceLocation)
        let state = try await slipway.json("state", "pull", "--project", "crash").stateResources
        for address in open where state[address] == nil {
            #expect(message.contains(address), "\(address) isn't named: \(message) (\(note))", sourceLocation: sourceLocation)
        }
    }

    /// Deploys once more, and expects that everything is there then, and what was there before is the same.
    func expectGoesOn(note: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let before = try await slipway.json("state", "pull", "--project", "crash").stateResources
        let again = try await slipway.run("deploy", source, "--project", "crash", "--auto-approve", timeout: .seconds(180))
        #expect(again.code == 0, "\(again) (\(note))", sourceLocation: sourceLocation)
        let after = try await slipway.json("state", "pull", "--project", "crash").stateResources
        #expect(after.count == count, sourceLocation: sourceLocation)
        for (address, id) in before { #expect(after[address] == id, "\(address) (\(note))", sourceLocation: sourceLocation) }
    }
}
