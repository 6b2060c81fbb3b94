import FoundationEssentials
import Host
import Storage
import Synchronization
import TestKit
import Testing

/// A running `KeyHolder`.
final class KeyProcess: Sendable {
    private final class Output: Sendable {
        private let state = Mutex<(bytes: [UInt8], hasEnded: Bool)>(([], false))

        /// The last piece is empty.
        func add(_ piece: [UInt8]) {
            state.withLock {
                $0.bytes += piece
                if piece.isEmpty { $0.hasEnded = true }
            }
        }

        var hasEnded: Bool { state.withLock { $0.hasEnded } }

        var lines: [String] {
            let bytes = state.withLock { $0.bytes }
            // A line that is cut off was not said.
            let whole = bytes.prefix((bytes.lastIndex(of: 10) ?? -1) + 1)
            return String(decoding: whole, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    private let process: ChildProcess
    private let output = Output()

    convenience init(_ mode: String, _ location: DatabaseLocation, folder: String, _ arguments: String...) throws {
        try self.init(mode, location, folder: folder, arguments: arguments)
    }

    init(_ mode: String, _ location: DatabaseLocation, folder: String, arguments: [String]) throws {
        // Next to the bundle that holds the tests.
        let bundle = try #require(ProcessTable.arguments(ProcessInfo.processInfo.processIdentifier).first { $0.contains(".xctest") })
        let products = bundle.split(separator: "/", omittingEmptySubsequences: false).prefix { !$0.hasSuffix(".xctest") }
        let address =
            switch location {
            case .sqlite(let path): path
            case .postgres(let url): url
            }
        let output = output
        process = try ChildProcess.start(
            .init(
                "\(products.joined(separator: "/"))/KeyHolder",
                [mode, address, folder] + arguments,
                environment: ["PATH": "/usr/bin:/bin"],
                output: .pieces { output.add($0) }
            )
        )
    }

    deinit { process.signal(9) }

    var lines: [String] { output.lines }

    /// Waits until it has said something that begins so.
    func line(_ beginning: String, limit: Duration = .seconds(60)) async throws -> String {
        let deadline = ContinuousClock.now + limit
        while true {
            if let line = lines.first(where: { $0.hasPrefix(beginning) }) { return line }
            try #require(ContinuousClock.now < deadline && process.status == nil, "no '\(beginning)': \(lines)")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    func kill() async {
        process.signal(9)
        _ = await process.wait()
    }

    func pause() { process.signal(19) }
    func resume() { process.signal(18) }

    /// All its lines, once it has ended and the last of them has arrived.
    func end() async throws -> [String] {
        _ = await process.wait()
        try await within(.seconds(60), "the end of the output") { [output] in
            while !output.hasEnded { try await Task.sleep(for: .milliseconds(1)) }
        }
        return lines
    }

    var hasEnded: Bool { process.status != nil }
}
