internal import FoundationEssentials
internal import Glibc
package import Host
internal import Synchronization

/// Two network namespaces: a server's, and everything outside it, on addresses that nothing of this machine is asked for.
///
/// In the server's a listener on every address (port 8000), a name server on 127.0.0.53 as systemd-resolved has it, and an abstract socket;
/// outside a listener on all the addresses of ``addresses``.
package final class OutsideWorld: Sendable {
    /// What is there outside.
    package static let addresses = [
        "203.0.113.5", "10.9.9.8", "10.9.9.9", "192.168.7.7", "172.16.3.3", "100.64.1.1", "198.18.0.9", "169.254.169.254", "169.254.170.2",
        "100.100.100.200", "168.63.129.16",
    ]
    /// The server's own, which others reach it by.
    package static let server = "198.51.100.1"
    /// What every name leads to.
    package static let named = "203.0.113.5"

    package static var isPossible: Bool { geteuid() == 0 && RequiredTool.ip.path != nil && FileSystem.exists("/dev/net/tun") }

    private static let made = Mutex(0)

    private let name: String
    private let folder: TemporaryFolder
    private let processes: [TendedProcess]

    /// Gives `body` a world that is removed afterwards.
    package static func with<T>(_ body: (OutsideWorld) async throws -> T) async throws -> T {
        let world = try await OutsideWorld()
        do {
            let value = try await body(world)
            try await world.end()
            return value
        } catch {
            // The test's own error matters more.
            try? await world.end()
            throw error
        }
    }

    private init() async throws {
        let number = Self.made.withLock { made in
            made += 1
            return made
        }
        let name = "slipway-test-\(getpid())-\(number)"
        let folder = try TemporaryFolder()
        (self.name, self.folder) = (name, folder)
        chmod(folder.path, 0o755)
        let log = "\(folder.path)/log"
        try FileSystem.write(Array(Self.listener.utf8), to: "\(folder.path)/listen.py")
        // A device's file of its own, for a user to whom this machine's is closed.
        try await Spawn.run(["sh", "-ec", Self.making, "sh", name, "\(folder.path)/tun", Self.server] + Self.addresses, log: log)
        processes = try ["server", "outside"].map { role in
            try TendedProcess(
                ["ip", "netns", "exec", "\(name)-\(role)", "python3", "\(folder.path)/listen.py", role, "\(folder.path)/\(role)"],
                folder: folder,
                log: log
            )
        }
        let files = ["server", "outside"].map { "\(folder.path)/\($0)" }
        try await within(.seconds(20), "the listeners") {
            while !files.allSatisfy(FileSystem.exists) { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    private func end() async throws {
        for process in processes { try await process.kill() }
        try await Spawn.run(["sh", "-c", Self.removing, "sh", name])
        folder.remove()
    }

    /// What stands before a command that is to run on the server.
    package var inside: [String] {
        let mount = "mount --bind \(folder.path)/tun /dev/net/tun && exec \"$@\""
        return ["ip", "netns", "exec", "\(name)-server", "sh", "-c", mount, "sh"]
    }

    // MARK: - Scripts

    private static let making = """
        name=$1 tun=$2 server=$3
        shift 3
        mknod -m 666 "$tun" c 10 200
        mkdir -p "/etc/netns/$name-server"
        printf 'search example.test\\nnameserver 127.0.0.53\\n' >"/etc/netns/$name-server/resolv.conf"
        for role in server outside; do
            ip netns add "$name-$role"
            ip -n "$name-$role" link set lo up
        done
        ip -n "$name-server" link add out type veth peer name in netns "$name-outside"
        ip -n "$name-server" address add "$server/24" dev out
        ip -n "$name-outside" address add 198.51.100.2/24 dev in
        ip -n "$name-server" link set out up
        ip -n "$name-outside" link set in up
        ip -n "$name-server" route add default via 198.51.100.2
        for address; do ip -n "$name-outside" address add "$address/32" dev lo; done
        """

    private static let removing = """
        for role in server outside; do ip netns delete "$1-$role"; done
        rm -r "/etc/netns/$1-server"
        """

    private static let listener = """
        import socket, sys, threading
        role, ready = sys.argv[1:]

        def greet():
            listener = socket.socket()
            listener.bind(("0.0.0.0", 8000))
            listener.listen(50)
            started.release()
            while True:
                client, _ = listener.accept()
                client.sendall(role.encode())
                client.close()

        def resolve():
            names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            names.bind(("127.0.0.53", 53))
            started.release()
            while True:
                query, client = names.recvfrom(2000)
                end = query.index(b"\\0", 12) + 5
                header = query[:2] + b"\\x81\\x80\\0\\1\\0\\1\\0\\0\\0\\0"
                answer = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + bytes([203, 0, 113, 5])
                names.sendto(header + query[12:end] + answer, client)

        started = threading.Semaphore(0)
        tasks = [greet]
        if role == "server":
            abstract = socket.socket(socket.AF_UNIX)
            abstract.bind("\\0slipway-test")
            abstract.listen()
            tasks.append(resolve)
        for task in tasks:
            threading.Thread(target=task).start()
        for task in tasks:
            started.acquire()
        open(ready, "w").close()
        """
}

extension Slipway {
    /// The order for a command on the world's server, of a user when one is given, with that user's own data folder.
    package func command(_ arguments: [String], in world: OutsideWorld, as user: TestUser?) throws -> ChildProcess.Command {
        let program = try Self.program()
        var order = try command(arguments, folder: user?.home)
        order.executable = "/usr/bin/env"
        order.arguments = world.inside + (try user?.being(running: program) ?? []) + [user?.placed(program) ?? program] + arguments
        if let user {
            order.environment["HOME"] = user.home
            order.environment["SLIPWAY_DATA"] = "\(user.home)/data"
        }
        return order
    }
}
