internal import Host
internal import Synchronization

/// A program that says something once it is ready, and goes on.
final class AnnouncingProgram: Sendable {
    private let complaints = Mutex<[UInt8]>([])

    private init() {}

    /// Starts it and waits for its first word, ten seconds at most.
    ///
    /// It goes on after that; ``Lifeline`` is what ends it.
    ///
    /// - Parameter command: Its `output` and `errorOutput` are replaced.
    /// - Returns: What it said first.
    /// - Throws: ``TerraformError/Reason/networkUnavailable(why:)`` with its complaint, when it ends instead.
    static func start(_ command: ChildProcess.Command) async throws(TerraformError) -> String {
        let program = AnnouncingProgram()
        let (words, saying) = AsyncStream.makeStream(of: [UInt8].self)
        var command = command
        command.output = .pieces { piece in
            if piece.isEmpty { saying.finish() } else { saying.yield(piece) }
        }
        command.errorOutput = .pieces { piece in program.complaints.withLock { $0 += piece.prefix(4096 - $0.count) } }
        let child: ChildProcess
        do throws(HostError) {
            child = try ChildProcess.start(command)
        } catch {
            throw TerraformError(.networkUnavailable(why: error.description))
        }
        let first = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Cancelled once a word is said. Its end is the stream's.
                if (try? await Task.sleep(for: .seconds(10))) != nil { child.signal(9, group: true) }
            }
            defer { group.cancelAll() }
            return await words.first { _ in true }
        }
        if let first { return String(decoding: first, as: UTF8.self) }
        _ = await child.wait()
        let lines = program.complaints.withLock { String(decoding: $0, as: UTF8.self) }.split(separator: "\n")
        // slirp4netns warns at each start that its filter is new.
        let text = lines.filter { !$0.hasPrefix("WARNING") }.joined(separator: "; ")
        throw TerraformError(.networkUnavailable(why: text.isEmpty ? "\(command.executable) said nothing" : text))
    }
}
