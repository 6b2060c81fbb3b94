internal import Glibc
internal import Host

/// A simulated AWS (`moto_server`) on a free loopback port; it ends with this process.
package final class Moto: Sendable {
    package let port: Int
    private let child: ChildProcess

    package var endpoint: String { "http://127.0.0.1:\(port)" }

    /// What the AWS provider needs to talk to it and to nothing else.
    package var environment: [String: String] {
        [
            "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "AWS_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
    }

    /// A provider block for it.
    package static let provider = """
        terraform {
          required_providers {
            aws = { source = "hashicorp/aws" }
          }
        }
        provider "aws" {
          skip_credentials_validation = true
          skip_requesting_account_id  = true
          skip_metadata_api_check     = true
          s3_use_path_style           = true
        }

        """

    /// The server that the tests of this process share; started with the first call.
    ///
    /// Use names of one's own in it.
    package static func shared() async throws -> Moto {
        guard RequiredTool.moto.path != nil else { throw RequiredTool.Missing(tool: .moto) }
        return try await sharedServer.value
    }

    // Never cancelled: every test that needs the server awaits it.
    private static let sharedServer = Task { try await Moto() }

    /// Starts a server and waits until it answers.
    package init() async throws {
        guard let program = RequiredTool.moto.path else { throw RequiredTool.Missing(tool: .moto) }
        guard let setpriv = RequiredTool.setpriv.path else { throw RequiredTool.Missing(tool: .setpriv) }
        port = try Loopback.freePort()
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        child = try ChildProcess.start(
            // Killed when this process ends, however it ends.
            .init(
                setpriv,
                ["--pdeathsig", "KILL", program, "-H", "127.0.0.1", "-p", "\(port)"],
                environment: ["PATH": path, "HOME": "/tmp"]
            )
        )
        let port = port
        let child = child
        try await within(.seconds(60), "moto_server") {
            while !Loopback.answers(port) {
                guard child.status == nil else { throw TooLate(description: "moto_server ended at once") }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    deinit { child.signal(SIGKILL, group: true) }
}
