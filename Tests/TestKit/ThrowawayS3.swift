internal import FoundationEssentials

/// An S3 server on a free loopback port that checks signatures (`rclone serve s3`); it ends with this process.
package struct ThrowawayS3: Sendable {
    package static let accessKeyID = "AKIDEXAMPLE"
    package static let secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

    package let port: Int
    private let folder: TemporaryFolder
    private let process: TendedProcess

    package var endpoint: String { "http://127.0.0.1:\(port)" }

    /// The server that the tests of this process share; started with the first call.
    ///
    /// Use buckets of one's own in it.
    package static func shared() async throws -> ThrowawayS3 {
        guard RequiredTool.rclone.path != nil else { throw RequiredTool.Missing(tool: .rclone) }
        return try await sharedServer.value
    }

    // Never cancelled: every test that needs the server awaits it.
    private static let sharedServer = Task { try await ThrowawayS3() }

    /// Starts a server and waits until it answers.
    package init() async throws {
        guard let program = RequiredTool.rclone.path else { throw RequiredTool.Missing(tool: .rclone) }
        folder = try TemporaryFolder()
        port = try Loopback.freePort()
        try FileManager.default.createDirectory(atPath: folder.path + "/buckets", withIntermediateDirectories: false)
        let arguments = [
            "serve", "s3", folder.path + "/buckets", "--addr", "127.0.0.1:\(port)", "--auth-key",
            "\(Self.accessKeyID),\(Self.secretAccessKey)", "--config", "/dev/null", "--cache-dir", folder.path + "/cache",
        ]
        process = try TendedProcess([program] + arguments, folder: folder, log: folder.path + "/log")
        let port = port
        try await within(.seconds(30), "rclone serve s3") {
            while !Loopback.answers(port) { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    /// Makes an empty bucket with a name of its own.
    package func makeBucket() throws -> String {
        let name = "bucket-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        try FileManager.default.createDirectory(atPath: file(name, ""), withIntermediateDirectories: false)
        return name
    }

    /// The file that holds an object, for tests that damage it.
    package func file(_ bucket: String, _ key: String) -> String { "\(folder.path)/buckets/\(bucket)/\(key)" }

    /// Stops it where it is: connections stand, answers don't come.
    package func pause() { process.pause() }

    package func resume() { process.resume() }

    /// Kills it, and removes its files.
    package func remove() async throws {
        try await process.kill()
        folder.remove()
    }
}
