import Domain
import Events
import FoundationEssentials
import Jobs
import Schema
import Storage

/// How quickly runs can report: batches as a recorder writes them, with and without what is told to the channels.
enum EventsBench {
    private static let (runs, batches) = (8, 400)

    static func measure(_ rig: Rig, _ report: Report) async throws {
        try await measure("SQLite", .sqlite(path: try rig.folder("events-\(Rig.unique())") + "/events.sqlite"), rig, report)
        let server = try await PostgresServer.start(rig)
        do {
            try await measure("PostgreSQL", server.location, rig, report)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static func measure(_ name: String, _ location: DatabaseLocation, _ rig: Rig, _ report: Report) async throws {
        let database = try await Database.open(location)
        try await Schema.migrator.migrate(database)
        var (quiet, told): ([Double], [Double]) = ([], [])
        for _ in 0..<rig.runs {
            quiet.append(try await rate(database, isTold: false))
            told.append(try await rate(database, isTold: true))
        }
        report.row("\(runs) runs report, batches of 5 events, untold: \(name)", Samples(quiet), unit: "/s")
        report.row("\(runs) runs report, told to two channels: \(name)", Samples(told), unit: "/s")
        report.row("told against untold: \(name)", .pairwise(told, quiet, /), unit: "", places: 2)
        await database.close()
    }

    /// Batches a second, of all runs together.
    private static func rate(_ database: Database, isTold: Bool) async throws -> Double {
        let jobs = (0..<runs).map { _ in JobID(rawValue: "events-\(Rig.unique())") }
        try await database.write { transaction in
            try JobStore().enqueue(jobs.map { NewJob(id: $0, kind: "none", queue: .maintenance) }, in: transaction)
        }
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, job) in jobs.enumerated() {
                group.addTask {
                    var last: Int64 = 0
                    for _ in 0..<batches { last = try await write(job, number, after: last, isTold: isTold, database) }
                }
            }
            try await group.waitForAll()
        }
        return Double(runs * batches) / (ContinuousClock.now - start).seconds
    }

    private static func write(_ job: JobID, _ number: Int, after last: Int64, isTold: Bool, _ database: Database) async throws -> Int64 {
        let now = Date()
        let events = (0..<5).map { index in
            JobEvent.provisioner(ProvisionerOutput(address: "aws_instance.web[\(index)]", text: "step \(last)"))
        }
        return try await database.write { transaction in
            let text = "aws_instance.web: step \(last)\naws_instance.web: step \(last)\n"
            let appended = try EventStore().append(
                events,
                text: text,
                to: job,
                organization: nil,
                attempt: 1,
                after: last,
                at: now,
                in: transaction
            )
            guard isTold else { return appended.lastOrdinal }
            let own = BroadcastChannel.deployment(DeploymentID(rawValue: Int64(number + 1)))
            var news = appended.added.map { NewBroadcast(own, name: "provisioner", data: $0.payload) }
            news.append(NewBroadcast(own, name: "execution_log", data: "{\"text\":\"step \(last)\"}"))
            let all = BroadcastChannel.organization(OrganizationID(rawValue: 1), .terraform)
            news.append(NewBroadcast(all, name: "TerraformProvisioningProgress", data: "{\"deployment_id\":\(number),\"progress\":63}"))
            try BroadcastStore().append(news, at: now, in: transaction)
            return appended.lastOrdinal
        }
    }
}
