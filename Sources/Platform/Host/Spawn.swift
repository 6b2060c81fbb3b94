internal import CLinux
internal import Glibc

/// Calls posix_spawn(3).
enum Spawn {
    /// Starts the command on the calling thread and returns its process id.
    static func spawn(_ command: ChildProcess.Command, _ pipes: SpawnPipes) throws(HostError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in pipes.childEnds.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
        }
        posix_spawn_file_actions_addclosefrom_np(&actions, Int32(pipes.childEnds.count))
        if let folder = command.folder { posix_spawn_file_actions_addchdir_np(&actions, folder) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        slipway_spawn_defaults(&attributes, command.newSession ? 1 : 0)

        var pid: pid_t = 0
        let variables = command.environment.map { "\($0.key)=\($0.value)" }
        let failed = withStrings([command.executable] + command.arguments) { arguments in
            withStrings(variables) { environment in
                posix_spawn(&pid, command.executable, &actions, &attributes, arguments, environment)
            }
        }
        guard failed == 0 else { throw HostError(errno: failed, doing: "start", path: command.executable) }
        return pid
    }

    /// Lends a NULL-terminated array of C strings.
    private static func withStrings<Result>(
        _ strings: [String],
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        copies.append(nil)
        defer { for copy in copies { free(copy) } }
        return copies.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("the array holds at least the NULL") }
            return body(base)
        }
    }
}
