internal import FoundationEssentials
internal import Host

/// The Terraform or OpenTofu that runs everything.
package struct TerraformProgram: Sendable, Hashable, CustomStringConvertible {
    package enum Flavor: String, Sendable, Hashable, Codable {
        case terraform, opentofu

        /// As people write it: `Terraform`, `OpenTofu`.
        package var name: String { self == .terraform ? "Terraform" : "OpenTofu" }
    }

    /// Absolute, without links.
    package let path: String
    package let flavor: Flavor
    package let version: TerraformVersion
    /// `linux_amd64`: what providers are built for.
    package let platform: String

    /// For people: `Terraform 1.11.4 (/usr/bin/terraform)`.
    package var description: String { "\(flavor.name) \(version) (\(path))" }

    static let oldest = [1, 6]
}

extension TerraformProgram {
    /// Finds the program and asks for its version, once (30 ms).
    ///
    /// - Parameters:
    ///   - configured: A path, or a name on PATH; nil takes `terraform`, else `tofu`.
    ///   - environment: Its `PATH` is searched.
    ///   - memory: A file in which the answer is kept and believed as long as the program's file is the same; nil asks each time.
    /// - Returns: A program of version 1.6 or newer.
    /// - Throws: ``TerraformError`` for a program that is missing, not executable, too old, or something else altogether.
    package static func locate(
        configured: String? = nil,
        environment: [String: String],
        memory: String? = nil
    ) async throws(TerraformError) -> TerraformProgram {
        let path = try find(configured, path: environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
        if let memory, let known = remembered(path, in: memory) { return known }
        let program = try await ask(path)
        if let memory { program.remember(in: memory) }
        return program
    }

    private static func find(_ configured: String?, path: String) throws(TerraformError) -> String {
        guard let configured else {
            guard let found = Executable.find("terraform", path: path) ?? Executable.find("tofu", path: path) else {
                throw TerraformError(.programMissing(configured: nil))
            }
            return FileSystem.resolved(found) ?? found
        }
        if let found = Executable.find(configured, path: path), let resolved = FileSystem.resolved(found) { return resolved }
        let exists = configured.contains("/") && FileSystem.resolved(configured) != nil
        throw TerraformError(exists ? .programNotExecutable(path: configured) : .programMissing(configured: configured))
    }

    private static func ask(_ path: String) async throws(TerraformError) -> TerraformProgram {
        var command = ChildProcess.Command(path, ["version", "-json"])
        // No call home, and no configuration of the user's that could be missing or wrong.
        command.environment = [
            "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "/dev/null", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent",
        ]
        command.folder = "/"
        let answer: ChildProcess.Finished
        do {
            answer = try await ChildProcess.run(command, timeout: .seconds(30))
        } catch {
            throw TerraformError(.programBroken(path: path, message: error.systemMessage))
        }
        guard answer.status.isSuccess, let json = JSONValue(parsing: answer.output), let text = json["terraform_version"]?.string,
            let version = TerraformVersion(text)
        else {
            let said = answer.errorText + answer.text
            throw TerraformError(.programBroken(path: path, message: String(said.prefix { !$0.isNewline }.prefix(200))))
        }
        guard !version.numbers.lexicographicallyPrecedes(oldest) else {
            throw TerraformError(.programTooOld(path: path, version: version.description))
        }
        let platform = json["platform"]?.string ?? "linux_amd64"
        return TerraformProgram(path: path, flavor: await flavor(of: path, command), version: version, platform: platform)
    }

    /// OpenTofu's JSON looks like Terraform's; its plain text begins with its name.
    private static func flavor(of path: String, _ command: ChildProcess.Command) async -> Flavor {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if name == "terraform" { return .terraform }
        var command = command
        command.arguments = ["version"]
        // A program that answered a moment ago; should it fail now, its name has to do.
        guard let text = try? await ChildProcess.run(command, timeout: .seconds(30)).text else {
            return name.contains("tofu") ? .opentofu : .terraform
        }
        return text.hasPrefix("OpenTofu") ? .opentofu : .terraform
    }
}

extension TerraformProgram {
    /// Changes whenever the file is replaced or written.
    private static func stamp(_ path: String) -> String? {
        FileFacts(of: path).map { "\($0.inode) \($0.byteCount) \($0.modified)" }
    }

    private static func remembered(_ path: String, in memory: String) -> TerraformProgram? {
        // Anything wrong with the memory only means to ask again.
        guard let bytes = try? FileSystem.read(memory, limit: 4096), let stamp = stamp(path) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count == 5, lines[0] == path, lines[1] == stamp, let flavor = Flavor(rawValue: lines[2]),
            let version = TerraformVersion(lines[3])
        else { return nil }
        return TerraformProgram(path: path, flavor: flavor, version: version, platform: lines[4])
    }

    private func remember(in memory: String) {
        guard let stamp = Self.stamp(path) else { return }
        let lines = [path, stamp, flavor.rawValue, version.description, platform]
        // Best effort: without it the next start takes 30 ms longer. Renamed into place, so that nobody reads half of it.
        let temporary = "\(memory).\(UUID().uuidString)"
        guard (try? FileSystem.write(Array(lines.joined(separator: "\n").utf8), to: temporary)) != nil else { return }
        if (try? FileSystem.rename(temporary, to: memory)) == nil { try? FileSystem.removeFile(temporary) }
    }
}
