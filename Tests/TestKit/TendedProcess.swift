internal import Glibc
internal import Host
internal import Synchronization

/// A server that ends with this process, however it ends, and its folder with it.
///
/// A shell starts it and reads lines on its standard input, which the kernel closes with this process.
final class TendedProcess: Sendable {
    private static let script = """
        folder=$1; shift
        "$@" </dev/null &
        server=$!
        line=
        while read -r line; do
            case "$line" in
            pause) kill -STOP $server ;;
            resume) kill -CONT $server ;;
            *) break ;;
            esac
        done
        kill -KILL $server
        wait $server 2>/dev/null
        test "$line" = end || rm -rf "$folder"
        """

    private let shell: Spawn.Child
    private let isEnding = Mutex(false)

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - command: The program and its arguments.
    ///   - folder: Removed when this process ends.
    ///   - log: The file that its output goes to.
    /// - Throws: ``Spawn/Failure``
    init(_ command: [String], folder: TemporaryFolder, log: String) throws {
        shell = try Spawn.start(["sh", "-c", Self.script, "tender", folder.path] + command, log: log)
    }

    /// Stops it where it is, and waits until it stands: it keeps its connections and answers nothing.
    func pause() async throws {
        say("pause")
        let shell = shell.pid
        try await within(.seconds(20), "the pause") {
            // The shell's only child; the letter behind its name in parentheses is its state; proc(5).
            while true {
                let children = try FileSystem.read("/proc/\(shell)/task/\(shell)/children")
                let child = String(decoding: children, as: UTF8.self).prefix { $0.isNumber }
                let facts = String(decoding: try FileSystem.read("/proc/\(child)/stat"), as: UTF8.self)
                if facts.split(separator: ")").last?.hasPrefix(" T") == true { return }
                try await Task.sleep(for: .milliseconds(2))
            }
        }
    }

    func resume() { say("resume") }

    /// Kills it, and waits for its end; its folder stays.
    ///
    /// A second call does nothing: the descriptor may be another's by then.
    func kill() async throws {
        let wasEnding = isEnding.withLock { isEnding in
            defer { isEnding = true }
            return isEnding
        }
        if wasEnding { return }
        say("end")
        close(shell.input)
        _ = try await Spawn.end(of: shell)
    }

    /// Lets it go: it is killed soon and its folder removed, and nobody waits.
    func release() {
        let wasEnding = isEnding.withLock { isEnding in
            defer { isEnding = true }
            return isEnding
        }
        if !wasEnding { close(shell.input) }
    }

    private func say(_ word: String) {
        let line = Array("\(word)\n".utf8)
        _ = write(shell.input, line, line.count)
    }
}
