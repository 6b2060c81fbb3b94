internal import FoundationEssentials
internal import Host
internal import Sealing
internal import Storage
internal import Testing

/// The built program, run as people run it: processes of its own, a data folder of its own, and nothing of this process's environment.
package struct Slipway: Sendable {
    /// Removed after the test, with the workspaces that belong to the data folder.
    package let folder: String
    package var environment: [String: String]

    package var data: String { "\(folder)/data" }

    /// Gives `body` an installation of its own; its workers are ended, and its files removed, afterwards.
    ///
    /// - Parameters:
    ///   - environment: What the program sees besides PATH, HOME and its data folder.
    ///   - body: What is done with it.
    /// - Throws: What `body` throws, or why there is no program.
    package static func with(environment: [String: String] = [:], _ body: (Slipway) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        var slipway = Slipway(folder: folder.path, environment: [:])
        try FileSystem.makeFolder("\(folder.path)/home")
        slipway.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
            "HOME": "\(folder.path)/home", "USER": "anna", "SLIPWAY_DATA": slipway.data,
        ].merging(environment) { _, given in given }
        do {
            try await body(slipway)
            try await slipway.close(expectsNothingLeft: true)
        } catch {
            // The test's own error matters more.
            try? await slipway.close(expectsNothingLeft: false)
            throw error
        }
    }

    /// The program's file: beside the tests, where the build puts both.
    package static func program() throws -> String {
        var places = ProcessInfo.processInfo.arguments.filter { $0.hasSuffix(".xctest") }
        if let own = FileSystem.resolved("/proc/self/exe") { places.append(own) }
        for place in places {
            guard let path = FileSystem.resolved(place), let slash = path.lastIndex(of: "/") else { continue }
            let candidate = "\(path[..<slash])/slipway"
            if FileSystem.exists(candidate) { return candidate }
        }
        throw TooLate(description: "the program slipway, which the build puts beside the tests (\(places)),")
    }

    // MARK: - Running

    /// How a command ended.
    package struct Answer: Sendable, CustomStringConvertible {
        package let code: Int32
        package let output: String
        package let errors: String

        package var lines: [String] { output.split(separator: "\n").map(String.init) }
        package var description: String { "exit \(code)\n\(output)\n-- stderr --\n\(errors)" }
    }

    /// The exit code; 128 and the signal's number for one that was killed, as shells say it.
    static func number(_ end: Host.ExitStatus.End) -> Int32 {
        switch end {
        case .code(let code): code
        case .signal(let signal): 128 + signal
        }
    }

    func command(
        _ arguments: [String],
        input: String? = nil,
        environment more: [String: String] = [:],
        folder: String? = nil
    ) throws
        -> ChildProcess.Command
    {
        ChildProcess.Command(
            try Self.program(),
            arguments,
            environment: environment.merging(more) { _, given in given },
            folder: folder ?? self.folder,
            input: input.map { .bytes(Array($0.utf8)) } ?? .null
        )
    }

    /// Runs a command to its end.
    ///
    /// - Parameters:
    ///   - arguments: Its words.
    ///   - input: What it reads.
    ///   - environment: Besides the installation's.
    ///   - folder: Where; the test's folder unless given.
    ///   - timeout: Then it is killed, and the test has failed.
    /// - Returns: Its end and what it printed.
    /// - Throws: ``TooLate``.
    @discardableResult
    package func run(
        _ arguments: String...,
        input: String? = nil,
        environment: [String: String] = [:],
        folder: String? = nil,
        timeout: Duration = .seconds(120)
    ) async throws -> Answer {
        try await run(arguments, input: input, environment: environment, folder: folder, timeout: timeout)
    }

    /// As the other, with the words in a list.
    @discardableResult
    package func run(
        _ arguments: [String],
        input: String? = nil,
        environment: [String: String] = [:],
        folder: String? = nil,
        timeout: Duration = .seconds(120)
    ) async throws -> Answer {
        let order = try command(arguments, input: input, environment: environment, folder: folder)
        let finished = try await ChildProcess.run(order, timeout: timeout, limit: 64 << 20)
        let answer = Answer(code: Self.number(finished.status.end), output: finished.text, errors: finished.errorText)
        if finished.timedOut { throw TooLate(description: "slipway \(arguments.joined(separator: " ")) (\(timeout)): \(answer)") }
        return answer
    }

    /// Runs a command that prints one JSON document.
    package func json(_ arguments: String..., environment: [String: String] = [:]) async throws -> JSONTree {
        let answer = try await run(arguments + ["--json"], environment: environment)
        guard let tree = JSONTree(answer.output) else {
            throw TooLate(description: "JSON from \(arguments.joined(separator: " ")): \(answer)")
        }
        return tree
    }

    /// Starts a command and leaves it running.
    package func start(_ arguments: String..., environment: [String: String] = [:]) throws -> SlipwayProcess {
        try start(arguments, environment: environment)
    }

    /// As the other, with the words in a list.
    package func start(_ arguments: [String], environment: [String: String] = [:]) throws -> SlipwayProcess {
        try SlipwayProcess(try command(arguments, environment: environment), arguments)
    }

    /// Starts a command under the widest mode mask: it has to close its files itself.
    package func startUnmasked(_ arguments: [String]) throws -> SlipwayProcess {
        var order = try command(arguments)
        order.arguments = ["-c", "umask 0; exec \"$0\" \"$@\"", order.executable] + order.arguments
        order.executable = "/bin/sh"
        return try SlipwayProcess(order, arguments)
    }

    /// Starts a command as another user, with a data folder of that user's own, and leaves it running.
    package func start(_ arguments: [String], as user: TestUser, environment more: [String: String] = [:]) throws -> SlipwayProcess {
        var order = try command(arguments, environment: more, folder: user.home)
        let prefix = try user.being(running: order.executable)
        order.arguments = prefix + [user.placed(order.executable)] + order.arguments
        order.executable = "/usr/bin/env"
        order.environment["HOME"] = user.home
        order.environment["SLIPWAY_DATA"] = "\(user.home)/data"
        return try SlipwayProcess(order, arguments)
    }

    // MARK: - Files

    /// Writes a file below the test's folder, and gives the path of its folder.
    @discardableResult
    package func write(_ content: String, to path: String) throws -> String {
        let target = "\(folder)/\(path)"
        let parent = String(target[..<(target.lastIndex(of: "/") ?? target.startIndex)])
        try FileSystem.makeFolder(parent)
        try FileSystem.write(Array(content.utf8), to: target)
        return parent
    }

    /// Every process of this installation that runs now: they carry its data folder in their words or their environment.
    package var processes: [Int32] {
        ProcessTable.all().filter { pid in
            ProcessTable.arguments(pid).contains(data) || ProcessTable.environment(pid).contains("SLIPWAY_DATA=\(data)")
        }
    }

    /// The workers that run now.
    package var workers: [Int32] { processes.filter { ProcessTable.arguments($0).dropFirst().first == "worker" } }

    /// Terraform's processes, in the sandbox or not, that work for this installation now.
    package var terraforms: [Int32] {
        guard let workspaceFolder else { return [] }
        return ProcessTable.all().filter { pid in
            guard ProcessTable.name(pid)?.hasPrefix("terraform") == true else { return false }
            // In the sandbox only its mounts know the workspace's name out here; a process that is gone has none.
            let mounts = String(decoding: (try? FileSystem.read("/proc/\(pid)/mountinfo")) ?? [], as: UTF8.self)
            let name = workspaceFolder.dropFirst("/dev/shm".count)
            return mounts.contains(name) || ProcessTable.environment(pid).contains { $0.contains(name) }
        }
    }

    /// The folder in memory where its runs work.
    package var workspaceFolder: String? {
        let database = environment["SLIPWAY_DATABASE_URL"].flatMap { try? DatabaseLocation.parse($0).description }  // a test's is right
        return Self.workspaceFolder(ofData: data, database: database)
    }

    /// Removes what runs of another data folder left in memory.
    package func removeWorkspaces(ofData data: String) {
        if let folder = Self.workspaceFolder(ofData: data) { try? FileSystem.removeTree(folder) }  // nothing of a test's may stay there
    }

    private static func workspaceFolder(ofData data: String, database: String? = nil) -> String? {
        guard let names = try? FileSystem.names(in: "/dev/shm") else { return nil }
        let digest = SHA256.hex(Array(((FileSystem.resolved(data) ?? data) + (database.map { "\n\($0)" } ?? "")).utf8))
        return names.first { $0 == "slipway-\(digest.prefix(16))" }.map { "/dev/shm/\($0)" }
    }

    private func close(expectsNothingLeft: Bool) async throws {
        for pid in workers { ProcessHandle(pid)?.signal(15) }
        let end = ContinuousClock.now + .seconds(60)
        while !processes.isEmpty, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
        let survivors = processes
        for pid in survivors { ProcessHandle(pid)?.signal(9) }
        let left = workspaceFolder.map { (try? FileSystem.names(in: $0)) ?? [] } ?? []
        if let workspaceFolder { try? FileSystem.removeTree(workspaceFolder) }  // nothing of a test's may stay in memory
        try? FileSystem.removeTree(folder)  // what resists lies in the temporary folder
        guard expectsNothingLeft else { return }
        #expect(survivors.isEmpty, "processes are left")
        #expect(left == [], "workspaces are left")
    }
}
