internal import Domain

/// What sets up the two namespaces of a filtered network, as sh(1) and ip-batch read it.
///
/// The run's own namespace has one link, to a router's, in which only slirp4netns listens. The router drops what is closed: it judges packets
/// by where they go and by nothing else. Routes in the run's own namespace could be sidestepped, for a socket that is bound to a device
/// (`SO_BINDTODEVICE`, `IP_PKTINFO`) needs no route.
enum RouterScript {
    /// slirp4netns's network: addresses that RFC 6890 keeps for protocols, so that no real network is hidden by it.
    static let network = "192.0.0.0/24"
    /// Where slirp4netns answers for this machine's name server.
    static let nameServer = "192.0.0.3"
    private static let gateway = "192.0.0.2"
    private static let router = "192.0.0.1"
    private static let run = "192.0.0.100"

    /// Run in the run's namespace; prints its own process id and that of a process in the router's, then waits for the end of its input.
    ///
    /// `true`: the shell stays, and in its namespace.
    static let outer = "unshare --net -- sh -c \"$INNER\" sh $$; true"

    /// Run in the router's.
    ///
    /// What is refused is said at once and each time: the kernel would otherwise send one answer a second.
    static let inner = """
        set -e
        ip -batch - <<END
        link add run type veth peer name eth0 netns $1
        $ROUTER
        END
        echo 1 >/proc/sys/net/ipv4/ip_forward
        echo 0 >/proc/sys/net/ipv4/icmp_ratelimit
        nsenter --net=/proc/$1/ns/net ip -batch - <<END
        $RUN
        END
        echo $1 $$
        exec cat
        """

    /// The router's lines: what is closed comes before the way out.
    static func router(_ walls: Walls) -> String {
        var lines = walls.closed.map { "route add unreachable \($0)" }
        lines += [
            "tuntap add dev tap0 mode tap", "address add \(router)/32 dev run", "link set run mtu \(mtu) up", "link set tap0 mtu \(mtu) up",
            "route add \(run)/32 dev run", "neighbour add proxy \(run) dev tap0",
        ]
        lines += walls.open.map { "route add \($0) via \(gateway) dev tap0 onlink" }
        // That address stands for this machine's name server, which may be this machine: nothing but names. slirp4netns 1.2 passes no other
        // port on, but doesn't promise that.
        for transport in ["udp", "tcp"] { lines.append("rule add to \(nameServer) ipproto \(transport) dport 53 lookup 100") }
        lines.append("route add \(nameServer) dev tap0 table 100")
        if !walls.open.contains(everything) { lines.append("route add default via \(gateway) dev tap0 onlink") }
        return lines.joined(separator: "\n")
    }

    /// The run's lines.
    static let inside = [
        "link set lo up", "address add \(run)/32 dev eth0", "link set eth0 mtu \(mtu) up",
        "route add default via \(router) dev eth0 onlink",
    ].joined(separator: "\n")

    /// The name server as the run sees it; the rest of this machine's resolv.conf(5) stays.
    static func resolverSettings(_ system: String) -> String {
        let kept = system.split(separator: "\n").filter { line in ["search", "domain", "options"].contains { line.hasPrefix("\($0) ") } }
        return (["nameserver \(nameServer)"] + kept.map(String.init)).joined(separator: "\n") + "\n"
    }

    private static let everything = AddressRange(first: 0, length: 0)
    /// As large as slirp4netns takes it: each packet costs it a system call.
    private static let mtu = 65520
    static var mtuOption: String { "--mtu=\(mtu)" }
}
