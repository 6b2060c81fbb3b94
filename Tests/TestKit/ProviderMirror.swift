internal import FoundationEssentials
internal import Host
package import Testing

/// An unpacked mirror of providers on this machine, with `hashicorp/aws` in it: tests with the real AWS provider need no network then.
package enum ProviderMirror {
    /// Its root: named by `SLIPWAY_TEST_PROVIDER_MIRROR`, else searched for, once (`scripts/provider-mirror.sh`); nil when there is none.
    package static func find() async -> String? { await found.value }

    // Never cancelled: every test that needs the mirror awaits it.
    private static let found = Task { () -> String? in
        if let named = ProcessInfo.processInfo.environment["SLIPWAY_TEST_PROVIDER_MIRROR"], !named.isEmpty { return named }
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let command = ChildProcess.Command("\(root)/scripts/provider-mirror.sh", environment: ["PATH": "/usr/bin:/bin"])
        // A search that can't be run finds nothing.
        guard let answer = try? await ChildProcess.run(command, timeout: .seconds(120)), answer.status.isSuccess else { return nil }
        let path = answer.text.filter { !$0.isNewline }
        return path.isEmpty ? nil : path
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test where no mirror of the AWS provider is found; where skipping is forbidden, the test fails.
    package static var requiresProviderMirror: Self {
        .enabled("no provider mirror is here: unpack one and name it in SLIPWAY_TEST_PROVIDER_MIRROR") {
            if await ProviderMirror.find() != nil { return true }
            if RequiredTool.isSkippingForbidden { throw TooLate(description: "a provider mirror, and no test may be skipped here:") }
            return false
        }
    }
}
