import FoundationEssentials
import Glibc
import Host

/// A registry of providers on a loopback port, which Terraform and OpenTofu ask in place of their own; it ends with this process.
///
/// It speaks as much of the registry protocol as an install needs, with signatures that the programs themselves check. What it has of
/// `hashicorp/aws` are stand-ins that pass every check, start, and have neither resources nor settings.
///
/// - SeeAlso: <https://developer.hashicorp.com/terraform/internals/provider-registry-protocol>
package final class ProviderRegistry: Sendable {
    /// Which files go by a version's name.
    package enum Edition: String, Sendable {
        case first
        /// Other content under the same version, just as well signed.
        case exchanged
    }

    package let port: Int
    private let folder: TemporaryFolder
    private let child: ChildProcess

    private static let fixtures =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/") + "/Fixtures/ProviderRegistry"
    private static let keyID = "F9469807E69A5460"
    #if arch(arm64)
    private static let architecture = "arm64"
    #else
    private static let architecture = "amd64"
    #endif

    /// A download of a package waits as long as there is a file named `hold`.
    private static let server = """
        import http.server, os, sys, time
        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self):
                if self.path.endswith(".zip"):
                    while os.path.exists("hold"): time.sleep(0.02)
                super().do_GET()
        http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
        """

    /// Starts one that knows no version yet, and waits until it answers.
    ///
    /// - Parameter installation: A `provider_installation` block for the CLI configuration.
    /// - Throws: What keeps it from starting.
    package init(installation: String = "") async throws {
        guard let python = RequiredTool.python.path else { throw RequiredTool.Missing(tool: .python) }
        guard let setpriv = RequiredTool.setpriv.path else { throw RequiredTool.Missing(tool: .setpriv) }
        folder = try TemporaryFolder()
        port = try Loopback.freePort()
        try FileSystem.makeFolder("\(folder.path)/served/hashicorp/aws")
        var command = ChildProcess.Command(
            setpriv,
            ["--pdeathsig", "KILL", python, "-u", "-c", Self.server, "\(port)"],
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp"],
            folder: "\(folder.path)/served"
        )
        command.errorOutput = .file("\(folder.path)/requests")
        child = try ChildProcess.start(command)
        let services = "services = {\n    \"providers.v1\" = \"http://127.0.0.1:\(port)/\"\n  }"
        let hosts = ["registry.terraform.io", "registry.opentofu.org"].map { "host \"\($0)\" {\n  \(services)\n}\n" }
        try FileSystem.write(Array((hosts.joined() + installation).utf8), to: configurationFile)
        try publish([])
        let (port, child) = (port, child)
        try await within(.seconds(60), "the registry") {
            while !Loopback.answers(port) {
                guard child.status == nil else { throw TooLate(description: "the registry ended at once") }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    deinit {
        child.signal(SIGKILL, group: true)
        folder.remove()
    }

    /// What a run needs to start the stand-ins, which know no TLS.
    package static let environment = ["TF_DISABLE_PLUGIN_TLS": "1"]

    /// A stand-in's program, to be had under any name.
    package static func program() throws -> [UInt8] { try FileSystem.read("\(fixtures)/provider.py") }

    /// A CLI configuration that sends Terraform here, and says nothing else about where providers come from but what was given.
    package var configurationFile: String { "\(folder.path)/terraformrc" }

    /// What was asked for: `/hashicorp/aws/versions`.
    package var requests: [String] {
        // Without the file nothing was asked for yet.
        let bytes = (try? FileSystem.read("\(folder.path)/requests")) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.firstIndex(of: "\"GET").flatMap { words.indices.contains($0 + 1) ? String(words[$0 + 1]) : nil }
        }
    }

    /// How many packages were downloaded.
    package var downloads: Int { requests.count { $0.hasSuffix(".zip") } }

    /// Has exactly these versions of `hashicorp/aws` from now on.
    package func publish(_ versions: [String], _ edition: Edition = .first) throws {
        let served = "\(folder.path)/served"
        let platforms = "[{\"os\":\"linux\",\"arch\":\"\(Self.architecture)\"}]"
        let listed = versions.map { "{\"version\":\"\($0)\",\"protocols\":[\"5.0\"],\"platforms\":\(platforms)}" }
        for version in versions {
            let name = "terraform-provider-aws_\(version)"
            for file in ["\(name).zip", "\(name)_SHA256SUMS", "\(name)_SHA256SUMS.sig"] {
                try FileSystem.write(try FileSystem.read("\(Self.fixtures)/\(edition.rawValue)/\(file)"), to: "\(served)/\(file)")
            }
            let place = "\(served)/hashicorp/aws/\(version)/download/linux"
            try FileSystem.makeFolder(place)
            try FileSystem.write(Array(try answer(for: name).utf8), to: "\(place)/\(Self.architecture)")
        }
        try FileSystem.write(Array("{\"versions\":[\(listed.joined(separator: ","))]}".utf8), to: "\(served)/hashicorp/aws/versions")
    }

    /// Lets downloads wait, or go on.
    package func hold(_ holds: Bool) throws {
        let path = "\(folder.path)/served/hold"
        if holds { try FileSystem.write([], to: path) } else { try FileSystem.removeFile(path) }
    }

    private func answer(for name: String) throws -> String {
        let sums = String(decoding: try FileSystem.read("\(folder.path)/served/\(name)_SHA256SUMS"), as: UTF8.self)
        let key = String(decoding: try FileSystem.read("\(Self.fixtures)/key.asc"), as: UTF8.self).replacing("\n", with: "\\n")
        let here = "http://127.0.0.1:\(port)"
        return """
            {"protocols":["5.0"],"os":"linux","arch":"\(Self.architecture)","filename":"\(name).zip","download_url":"\(here)/\(name).zip",
            "shasums_url":"\(here)/\(name)_SHA256SUMS","shasums_signature_url":"\(here)/\(name)_SHA256SUMS.sig",
            "shasum":"\(sums.prefix(64))","signing_keys":{"gpg_public_keys":[{"key_id":"\(Self.keyID)","ascii_armor":"\(key)"}]}}
            """
    }
}
