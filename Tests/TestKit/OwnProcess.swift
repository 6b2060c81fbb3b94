internal import FoundationEssentials
internal import Host

/// Runs a test once more, alone, in a process of its own.
///
/// Swift Testing's exit tests read what their child writes on two of Swift's threads until it ends: on a machine with two cores every other
/// test stands still meanwhile.
package enum OwnProcess {
    private static let variable = "SLIPWAY_TEST_OWN_PROCESS"

    /// How the child ended.
    package struct Outcome: Sendable {
        package let hasPassed: Bool
        /// What it wrote; says what failed.
        package let text: String
    }

    /// What the child was given, or nil when this isn't one.
    package static var word: String? { ProcessInfo.processInfo.environment[variable] }

    /// Runs the test of that name in a child and waits for its end.
    ///
    /// - Parameters:
    ///   - test: Its name, which no other test's holds.
    ///   - word: What ``word`` is in the child.
    /// - Returns: How it ended, and what it wrote.
    /// - Throws: `HostError` when it can't be started.
    package static func run(_ test: String, word: String = "") async throws -> Outcome {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var environment = ProcessInfo.processInfo.environment
        environment[variable] = word
        let child = try await ChildProcess.run(
            .init(program, ["--testing-library", "swift-testing", "--filter", test], environment: environment),
            timeout: .seconds(240)
        )
        return Outcome(hasPassed: child.status.isSuccess, text: child.text + child.errorText)
    }
}
