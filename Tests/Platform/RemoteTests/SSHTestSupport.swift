import Host
import TestKit

@testable import Remote

extension SSHOptions {
    /// For tests whose subject is no time limit: a busy machine takes its time.
    static var patient: SSHOptions {
        var options = SSHOptions()
        options.connectTimeout = .seconds(60)
        options.authenticationTimeout = .seconds(60)
        return options
    }
}

extension ThrowawaySSHServer {
    /// A connection to it, through a proxy when one is given.
    func connect(through proxy: TCPProxy? = nil, options: SSHOptions = .patient) async throws -> SSHConnection {
        try await SSHConnection.open(
            to: SSHAddress(host: "127.0.0.1", port: proxy?.port ?? port),
            user: user,
            keys: [clientKey],
            hostKey: .pinned([hostKey]),
            options: options
        )
    }
}

/// What is left in this process of connections to a port.
enum SSHLeftovers {
    /// Waits until there is nothing: a thread needs a moment to end, and a program that another test is just starting has copies of every
    /// descriptor until it runs.
    static func waitForNone(port: Int) async throws {
        try await eventually("the end of what worked for port \(port)") {
            (try? threads(port: port)) == 0 && (try? sockets(port: port)) == 0
        }
    }

    /// Threads that work for one.
    static func threads(port: Int) throws -> Int {
        try FileSystem.names(in: "/proc/self/task").filter { thread in
            // A thread may end between the two looks.
            let name = (try? FileSystem.read("/proc/self/task/\(thread)/comm")).map { String(decoding: $0, as: UTF8.self) }
            return name == "ssh:\(port)\n"
        }.count
    }

    /// Sockets that are connected to it; proc_net(5).
    static func sockets(port: Int) throws -> Int {
        let hexadecimal = String(port, radix: 16, uppercase: true)
        let ending = ":" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
        let lines = String(decoding: try FileSystem.read("/proc/self/net/tcp"), as: UTF8.self).split(separator: "\n")
        return lines.filter { line in
            let words = line.split(separator: " ")
            // Established, or half closed by the other end: one of ours is open.
            return words.count > 3 && words[2].hasSuffix(ending) && ["01", "08"].contains(words[3])
        }.count
    }
}
