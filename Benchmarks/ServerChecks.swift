import FoundationEssentials
import Host
import Storage

/// Many servers that a worker looks at in the same moment.
struct ServerChecks: Sendable {
    private static let count = 50
    /// A worker's start is over by then, and its memory given back.
    private static let lead: TimeInterval = 8

    private struct Check: Sendable {
        let seconds: Double
        let processorSeconds: Double
        let peak: Double
        let added: Double
        let answered: Int
    }

    private let place: RegistrationBench.Place

    init(_ place: RegistrationBench.Place) { self.place = place }

    func measure(_ report: Report) async throws {
        _ = try await place.deploy("many", servers: Self.count)
        let (began, ended) = try await place.lastRegistration()
        let registration = Samples([ended.timeIntervalSince(began)])
        report.row("\(Self.count) servers of one deployment: their registration", registration, unit: "s", places: 2)
        var checks: [Check] = []
        for _ in 0..<place.rig.runs { checks.append(try await check()) }
        let what = "\(Self.count) servers checked at once"
        func samples(_ value: (Check) -> Double) -> Samples { Samples(checks.map(value)) }
        report.row("\(what): from due to stored", samples(\.seconds), unit: "s", places: 2)
        report.row("\(what): answered in time", samples { Double($0.answered) }, unit: "", aim: .atLeast(Double(Self.count)))
        report.row("\(what): the worker's processor time", samples(\.processorSeconds), unit: "s", places: 2)
        report.row("\(what): its peak memory (RSS)", samples(\.peak), unit: "MB", places: 1)
        report.row("\(what): above what it had before", samples(\.added), unit: "MB", places: 1)
        try await place.run(["destroy", "--project", "many", "--auto-approve", "--json"])
        try place.remove()
    }

    /// A new worker, which has not looked at any server before.
    private func check() async throws -> Check {
        try await place.withDatabase { database in
            // A whole second is stored as it is.
            let due = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + Self.lead).rounded())
            try await database.write { transaction in
                try transaction.execute("UPDATE servers SET next_check_at = \(due), missed_checks = 0")
            }
            let words = ["worker", "--data", place.data]
            let worker = try ChildProcess.start(.init(place.rig.slipway, words, environment: place.rig.environment, folder: "/"))
            do {
                let result = try await check(worker.pid, due: due, database)
                await Self.stop(worker)
                return result
            } catch {
                await Self.stop(worker)
                throw error
            }
        }
    }

    private func check(_ pid: Int32, due: Date, _ database: Database) async throws -> Check {
        try await Task.sleep(for: .seconds(due.timeIntervalSinceNow - 0.5))
        // The peak begins anew; proc(5).
        try FileSystem.write(Array("5".utf8), to: "/proc/\(pid)/clear_refs")
        let resident = try WorkerBench.sizes(of: pid)["Rss"] ?? .nan
        let processor = try ProcessTime.seconds(of: pid)
        while try await Self.number("last_checked_at >= \(due)", database) < Self.count {
            guard -due.timeIntervalSinceNow < 120 else {
                throw Rig.Failure(description: "\(Self.count) servers were not checked within two minutes.")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        let seconds = -due.timeIntervalSinceNow
        let used = try ProcessTime.seconds(of: pid) - processor
        let peak = try Self.peak(of: pid)
        let answered = try await Self.number("status = 'ready' AND missed_checks = 0", database)
        return Check(seconds: seconds, processorSeconds: used, peak: peak, added: peak - resident, answered: answered)
    }

    private static func number(_ condition: SQL, _ database: Database) async throws -> Int {
        try await database.read { transaction in
            try transaction.first("SELECT COUNT(*) AS number FROM servers WHERE \(sql: condition)")?.value("number") ?? 0
        }
    }

    /// In MB.
    private static func peak(of pid: Int32) throws -> Double {
        let text = String(decoding: try FileSystem.read("/proc/\(pid)/status"), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let words = line?.split(whereSeparator: \.isWhitespace) ?? []
        guard words.count > 1, let kilobytes = Double(words[1]) else { return .nan }
        return kilobytes / 1024
    }

    private static func stop(_ worker: ChildProcess) async {
        worker.signal(2)
        _ = await worker.wait()
    }
}
