internal import Glibc

/// A server that ends with this process, however it ends, and its folder with it.
///
/// A shell starts it and reads lines on its standard input, which the kernel closes with this process.
struct TendedProcess: Sendable {
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

    /// Stops it where it is: it keeps its connections and answers nothing.
    func pause() { say("pause") }

    func resume() { say("resume") }

    /// Kills it, and waits for its end; its folder stays.
    func kill() async throws {
        say("end")
        close(shell.input)
        _ = try await Spawn.end(of: shell)
    }

    private func say(_ word: String) {
        let line = Array("\(word)\n".utf8)
        _ = write(shell.input, line, line.count)
    }
}
