internal import Domain
internal import Host
internal import Synchronization

/// A network namespace that reaches the outside through slirp4netns, and nothing that is closed.
///
/// Its programs end with this process, however that ends: they read the end of a pipe.
///
/// - SeeAlso: <https://github.com/rootless-containers/slirp4netns>, `docs/decisions/0018-slirp4netns-behind-a-router.md`
final class FilteredNetwork: Sendable {
    private struct Held {
        let lifeline: Lifeline
        /// Keep the namespaces there while no program is in them.
        let spaces: [OpenFile]
    }

    private let held: Mutex<Held?>
    /// The command that gets a program into it: this, then the program.
    let entrance: [String]
    /// The run's resolv.conf(5).
    let resolverSettings: String

    private init(_ held: Held, entrance: [String], resolverSettings: String) {
        self.held = Mutex(held)
        self.entrance = entrance
        self.resolverSettings = resolverSettings
    }

    /// Makes one.
    ///
    /// - Parameters:
    ///   - bubblewrap: What is to run in it.
    ///   - allowed: What is open though it would be closed.
    /// - Returns: The network, its programs running.
    /// - Throws: ``TerraformError/Reason/networkUnavailable(why:)``, with the words of the program that refused.
    static func open(for bubblewrap: Bubblewrap, allowing allowed: [AddressRange]) async throws(TerraformError) -> FilteredNetwork {
        let tools = try NetworkTools.find(path: bubblewrap.searchPath)
        let own = try attempt(HostAddresses.ipv4).map { AddressRange(address: $0) }
        let ownsUsers = bubblewrap.user == nil
        let lifeline = try attempt(Lifeline.init)
        let router = try await AnnouncingProgram.start(
            Self.router(tools, Walls(allowing: allowed, own: own), ownsUsers: ownsUsers, lifeline)
        )
        let ids = router.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        guard ids.count == 2 else { throw TerraformError(.networkUnavailable(why: "the namespaces can't be made: \(router)")) }
        // As long as the router's process is there, so are its namespaces, and its id names nothing else.
        let spaces = try attempt { () throws(HostError) in
            try (ownsUsers ? ["net", "user"] : ["net"]).map { name throws(HostError) in
                try OpenFile(reading: "/proc/\(ids[0])/ns/\(name)")
            }
        }
        _ = try await AnnouncingProgram.start(Self.outside(tools, router: ids[1], lifeline))
        // By paths, and not by descriptors of its own: a run would get those, too.
        let options =
            ["--net=\(spaces[0].descriptorPath)"]
            + spaces.dropFirst().flatMap { ["--user=\($0.descriptorPath)", "--preserve-credentials"] }
        return FilteredNetwork(
            Held(lifeline: lifeline, spaces: spaces),
            entrance: [tools.nsenter] + options + ["--"],
            resolverSettings: RouterScript.resolverSettings(systemResolver())
        )
    }

    /// Ends its programs.
    func close() { held.withLock { $0 = nil } }

    // MARK: - Programs

    /// Makes the namespaces, owned by root or, for an ordinary user, by a namespace of users in which nothing of a run ever is.
    private static func router(_ tools: NetworkTools, _ walls: Walls, ownsUsers: Bool, _ lifeline: Lifeline) -> ChildProcess.Command {
        let users = ownsUsers ? ["--user", "--map-root-user"] : []
        var command = ChildProcess.Command(
            tools.unshare,
            users + ["--net", "--", "/bin/sh", "-c", RouterScript.outer],
            environment: [
                "PATH": Sandbox.Layout.searchPath, "INNER": RouterScript.inner, "ROUTER": RouterScript.router(walls),
                "RUN": RouterScript.inside,
            ]
        )
        command.input = .descriptor(lifeline.reading)
        return command
    }

    /// Carries what leaves the router to the outside.
    private static func outside(_ tools: NetworkTools, router: Int32, _ lifeline: Lifeline) -> ChildProcess.Command {
        let options = [
            // Locked in as far as it can do that itself.
            "--enable-sandbox", "--enable-seccomp", "--disable-host-loopback", "--cidr=\(RouterScript.network)", RouterScript.mtuOption,
            "--exit-fd=0", "--ready-fd=3",
        ]
        // It announces itself by a descriptor of its own, and chats on its output.
        var command = ChildProcess.Command(
            "/bin/sh",
            ["-c", "exec \"$@\" 3>&1 >/dev/null", "sh", tools.slirp4netns] + options + ["\(router)", "tap0"],
            environment: ["PATH": Sandbox.Layout.searchPath]
        )
        command.input = .descriptor(lifeline.reading)
        return command
    }

    // MARK: - Details

    private static func systemResolver() -> String {
        // Without one, programs ask a name server on loopback, and so does slirp4netns.
        String(decoding: (try? FileSystem.read("/etc/resolv.conf")) ?? [], as: UTF8.self)
    }
}
