import FoundationEssentials
import Host
import Storage
import Synchronization
import TestKit
import Testing

/// A running `VaultHolder`.
final class HolderProcess: Sendable {
    static let key = "holder:" + Data((0..<32).map { UInt8($0) }).base64EncodedString()

    private let process: ChildProcess

    init(_ mode: String, _ location: DatabaseLocation, backups: String, _ arguments: String...) throws {
        // Next to the bundle that holds the tests.
        let bundle = try #require(ProcessTable.arguments(ProcessInfo.processInfo.processIdentifier).first { $0.contains(".xctest") })
        let products = bundle.split(separator: "/", omittingEmptySubsequences: false).prefix { !$0.hasSuffix(".xctest") }.joined(
            separator: "/"
        )
        let address =
            switch location {
            case .sqlite(let path): path
            case .postgres(let url): url
            }
        let output = Output()
        process = try ChildProcess.start(
            .init(
                "\(products)/VaultHolder",
                [mode, address, backups] + arguments,
                environment: ["SLIPWAY_KEYS": Self.key, "PATH": "/usr/bin:/bin"],
                output: .pieces { output.add($0) },
                errorOutput: .pieces { output.add($0) }
            )
        )
        self.output = output
    }

    private let output: Output

    private final class Output: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        func add(_ piece: [UInt8]) { bytes.withLock { $0 += piece } }
        var lines: [[String]] {
            let bytes = bytes.withLock { $0 }
            // A line that is cut off was not said.
            let whole = bytes.prefix((bytes.lastIndex(of: 10) ?? -1) + 1)
            return String(decoding: whole, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        }
    }

    /// Its whole lines, in words.
    var lines: [[String]] { output.lines }

    func kill() async {
        process.signal(9)
        _ = await process.wait()
    }

    func pause() { process.signal(19) }
    func resume() { process.signal(18) }

    func end() async -> Host.ExitStatus { await process.wait() }
    var hasEnded: Bool { process.status != nil }
}
