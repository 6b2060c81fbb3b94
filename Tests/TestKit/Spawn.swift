internal import CLinux
internal import Glibc

/// Child processes for the test kit, by posix_spawn.
enum Spawn {
    /// A child whose standard input is a socket that the kernel closes when this process ends, however it ends.
    struct Child: Sendable {
        let pid: Int32
        let input: Int32
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts a program; its output goes to the file `log`, or nowhere.
    static func start(_ arguments: [String], log: String? = nil) throws -> Child {
        var ends: [Int32] = [0, 0]
        // Close-on-exec from the start (Glibc's module lacks pipe2): another child must not hold our end open.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Failure(description: "no pipe: errno \(errno)") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, log ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Nothing else: a pipe of another test would never end while this child holds it.
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: Ctrl-C in the terminal must not stop the server before the tests.
        // Dispatch's threads block most signals, and a shell that doesn't hear SIGCHLD waits for ever.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var pid: pid_t = 0
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &pointers, environ)
        close(ends[0])
        guard code == 0 else {
            close(ends[1])
            throw Failure(description: "can't start \(arguments[0]): \(String(cString: strerror(code)))")
        }
        return Child(pid: pid, input: ends[1])
    }

    /// Runs a program to its end.
    ///
    /// - Throws: ``Failure`` when it doesn't end with 0.
    static func run(_ arguments: [String], log: String? = nil) async throws {
        let child = try start(arguments, log: log)
        close(child.input)
        let status = try await end(of: child)
        guard status == 0 else { throw Failure(description: "\(arguments.joined(separator: " ")) ended with status \(status)") }
    }

    /// Waits for a child's end and gives its wait status.
    static func end(of child: Child, limit: Duration = .seconds(60)) async throws -> Int32 {
        let deadline = ContinuousClock.now + limit
        var status: Int32 = 0
        while waitpid(child.pid, &status, WNOHANG) == 0 {
            guard ContinuousClock.now < deadline else { throw Failure(description: "process \(child.pid) doesn't end") }
            try await Task.sleep(for: .milliseconds(5))
        }
        return status
    }
}
