import Access
import Audit
import Domain
import FoundationEssentials
import Host
import Jobs
import Storage
import Synchronization

/// A `slipway serve` of its own on a free port, and its database.
final class Served: Sendable {
    let process: ChildProcess
    let folder: String
    let port: Int
    /// The administrator's.
    let token: String
    /// Administrators' of the first organization: a server takes 200 requests a second of each.
    let tokens: [String]
    let organization: OrganizationID
    /// The server's, opened a second time.
    let database: Database

    private init(
        _ process: ChildProcess,
        folder: String,
        port: Int,
        token: String,
        tokens: [String],
        organization: OrganizationID,
        database: Database
    ) {
        self.process = process
        self.folder = folder
        self.port = port
        self.token = token
        self.tokens = tokens
        self.organization = organization
        self.database = database
    }

    /// Starts one for `body`, and stops it afterwards.
    ///
    /// - Parameters:
    ///   - rig: Where.
    ///   - tokenCount: How many members' tokens are made.
    ///   - body: Works with it.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` throws, and ``Rig/Failure`` when the server doesn't start.
    static func with<T>(_ rig: Rig, tokens tokenCount: Int = 1, _ body: (Served) async throws -> T) async throws -> T {
        let folder = try rig.folder("serve-\(Rig.unique())")
        let said = Mutex<[UInt8]>([])
        let log = "\(folder)/server.log"
        let words = ["serve", "--data", folder, "--listen", "127.0.0.1:0"]
        var command = ChildProcess.Command(rig.slipway, words, environment: rig.environment, folder: "/")
        command.output = .pieces { bytes in said.withLock { $0 += bytes } }
        command.errorOutput = .file(log)
        let process = try ChildProcess.start(command)
        func word(after prefix: String) -> String? {
            let text = String(decoding: said.withLock { $0 }, as: UTF8.self)
            guard text.last == "\n" else { return nil }
            return text.split(separator: "\n").first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        }
        do {
            while word(after: "listening on unix") == nil {
                guard process.status == nil else {
                    let words = FileSystem.exists(log) ? String(decoding: try FileSystem.read(log), as: UTF8.self) : ""
                    throw Rig.Failure(description: "slipway serve does not start: \(words)")
                }
                try await Task.sleep(for: .milliseconds(5))
            }
            guard let token = word(after: "administrator token: "),
                let port = word(after: "listening on http://127.0.0.1:").flatMap({ Int($0) })
            else { throw Rig.Failure(description: "slipway serve said no token or no port.") }
            let database = try await Database.open(.sqlite(path: "\(folder)/slipway.sqlite"))
            let access = AccessStore(database: database)
            guard let organization = try await access.organization(named: "default")?.id else {
                throw Rig.Failure(description: "slipway serve made no organization.")
            }
            let tokens = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<tokenCount {
                    group.addTask {
                        let new = NewToken(name: "bench-\(number)", owner: .organization(organization, .admin))
                        return try await access.createToken(new, by: Author("bench")).text
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let served = Served(
                process,
                folder: folder,
                port: port,
                token: token,
                tokens: tokens,
                organization: organization,
                database: database
            )
            let result = try await body(served)
            await database.close()
            await stop(process)
            return result
        } catch {
            await stop(process)
            throw error
        }
    }

    /// In order; connections that are left are cut off after 10 seconds.
    private static func stop(_ process: ChildProcess) async {
        process.signal(15)
        _ = await process.wait()
    }

    /// Queues jobs that nobody will run today, and lets them look like ones under way.
    func makeJobs(_ count: Int) async throws -> [String] {
        var random = SystemRandomNumberGenerator()
        let ids = (0..<count).map { JobID.make(prefix: "deploy", unixMilliseconds: 1_764_580_000_000 + Int64($0), using: &random) }
        let jobs = ids.map { id in
            NewJob(id: id, kind: "deploy", queue: .terraform, organization: organization, runAt: Date() + 86_400)
        }
        try await database.write { transaction in
            try JobStore().enqueue(jobs, in: transaction)
            try transaction.execute("UPDATE jobs SET stage = 'apply', progress = 63, message = 'Creating resources: 7 of 12 done'")
        }
        return ids.map(\.rawValue)
    }
}
