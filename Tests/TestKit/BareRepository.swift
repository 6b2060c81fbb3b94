import FoundationEssentials
import Host

/// A bare git repository as files of a source: a module that comes from afar without a network.
package enum BareRepository {
    /// Makes one with a commit.
    ///
    /// - Parameters:
    ///   - content: The files of the commit.
    ///   - prefix: The folder of the source in which it is to lie.
    /// - Returns: Its files, by their paths in the source.
    /// - Throws: What git says.
    package static func files(of content: [String: String], below prefix: String) async throws -> [String: [UInt8]] {
        guard let git = RequiredTool.git.path else { throw RequiredTool.Missing(tool: .git) }
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try FileSystem.makeFolder("\(folder.path)/tree")
        for (name, text) in content { try FileSystem.write(Array(text.utf8), to: "\(folder.path)/tree/\(name)") }
        let script = """
            set -e
            "$1" init -q -b main tree
            cd tree
            "$1" add .
            "$1" -c user.name=a -c user.email=a@example.com commit -qm "A module"
            "$1" clone -q --bare . ../bare
            """
        let command = ChildProcess.Command(
            "/bin/sh",
            ["-c", script, "sh", git],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder.path, "GIT_CONFIG_NOSYSTEM": "1"],
            folder: folder.path
        )
        let made = try await ChildProcess.run(command)
        guard made.status.isSuccess else { throw TooLate(description: "a repository: \(made.errorText)") }
        // A bare repository is one only with this folder, and a source has no empty ones.
        var files: [String: [UInt8]] = ["\(prefix)/refs/heads/.keep": []]
        func add(_ path: String) throws {
            for name in try FileSystem.names(in: "\(folder.path)/bare\(path)") where name != "hooks" {
                let inner = "\(path)/\(name)"
                if FileFacts(of: "\(folder.path)/bare\(inner)")?.kind == .folder {
                    try add(inner)
                } else {
                    files["\(prefix)\(inner)"] = try FileSystem.read("\(folder.path)/bare\(inner)")
                }
            }
        }
        try add("")
        return files
    }
}
