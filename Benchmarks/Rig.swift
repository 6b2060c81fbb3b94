import FoundationEssentials
import Host

/// Runs programs and takes the time.
struct Rig: Sendable {
    /// What ends a benchmark with one sentence.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Holds everything that is made; removed at the end.
    let folder: String
    /// The release build of the program.
    let slipway: String
    let runs: Int
    let environment: [String: String]

    init(runs: Int) throws {
        let inherited = ProcessInfo.processInfo.environment
        self.runs = runs
        folder = FileManager.default.temporaryDirectory.path + "/slipway-bench-\(UInt32.random(in: 1 ... .max))"
        try FileSystem.makeFolder(folder)
        guard let own = FileSystem.resolved("/proc/self/exe"), let slash = own.lastIndex(of: "/") else {
            throw Failure(description: "This program's own file can't be found in /proc.")
        }
        slipway = "\(own[..<slash])/slipway"
        var environment = [
            "PATH": inherited["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "CHECKPOINT_DISABLE": "1",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY",
            "AWS_REGION": "us-east-1",
        ]
        if let mirror = inherited["SLIPWAY_TEST_PROVIDER_MIRROR"] {
            let file = "\(folder)/terraformrc"
            let text = "provider_installation {\n  filesystem_mirror {\n    path = \"\(mirror)\"\n  }\n}\n"
            try FileSystem.write(Array(text.utf8), to: file)
            environment["TF_CLI_CONFIG_FILE"] = file
        }
        self.environment = environment
        guard Executable.isExecutable(slipway) else {
            throw Failure(description: "The release build is missing beside this program; `make bench` builds both.")
        }
    }

    func remove() {
        // What can't be removed from the temporary folder is left there.
        try? FileSystem.removeTree(folder)
    }

    /// Where a program is.
    ///
    /// - Throws: ``Failure``, saying how to get it.
    func tool(_ names: String..., remedy: String) throws -> String {
        for name in names { if let path = Executable.find(name, path: environment["PATH"] ?? "") { return path } }
        throw Failure(description: "\(names.joined(separator: " or ")) is missing: \(remedy)")
    }

    func terraform() throws -> String {
        try tool("terraform", "tofu", remedy: "get it from https://developer.hashicorp.com/terraform/install")
    }

    /// A new folder with copies of an example's files.
    func folder(_ name: String, with files: [String: String] = [:]) throws -> String {
        let path = "\(folder)/\(name)"
        try FileSystem.makeFolder(path)
        for (file, text) in files { try FileSystem.write(Array(text.utf8), to: "\(path)/\(file)") }
        return path
    }

    /// Runs a program to its end.
    ///
    /// - Returns: The time it took, from before its start until its end was seen.
    /// - Throws: ``Failure`` with what it said when it doesn't end with 0.
    @discardableResult
    func time(_ program: String, _ arguments: [String], in folder: String = "/", extra: [String: String] = [:]) async throws -> Duration {
        let command = ChildProcess.Command(program, arguments, environment: environment.merging(extra) { $1 }, folder: folder)
        let start = ContinuousClock.now
        let finished = try await ChildProcess.run(command, timeout: .seconds(300))
        let duration = ContinuousClock.now - start
        guard finished.status.isSuccess else {
            let said = (finished.text + finished.errorText).suffix(2000)
            throw Failure(description: "`\(program) \(arguments.joined(separator: " "))` failed: \(said)")
        }
        return duration
    }

    /// A number no earlier call gave: for names that must be new.
    static func unique() -> String { String(UInt32.random(in: 1 ... .max), radix: 36) }
}
