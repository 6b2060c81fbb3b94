import Host
import TestKit
import Testing

/// What runs reach, tried in network namespaces of the test's own: no packet leaves them.
@Suite(
    .requires(.terraform),
    .requires(.bubblewrap),
    .requires(.slirp4netns),
    .requires(.ip),
    .requires(.python),
    .requires(.setpriv),
    .enabled("only root can make network namespaces by name") { OutsideWorld.isPossible }
)
struct NetworkTests {
    enum Caller {
        case root, user

        /// Some systems keep namespaces of users for root.
        static let possible: [Caller] = TestUser.maySetApart ? [.root, .user] : [.root]
    }

    /// Tries everything at once, and prints a line for each: what it tried, and who answered, if anyone.
    private static let probe = """
        import socket, threading
        def tcp(address, device):
            link = socket.socket()
            link.settimeout(2)
            if device: link.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
            link.connect((address, 8000))
            return link.recv(100).decode()
        def udp(port):
            link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            link.settimeout(2)
            link.sendto(b"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\1a\\4test\\0\\0\\1\\0\\1", (server, port))
            return str(len(link.recv(500)) > 12)
        def abstract():
            link = socket.socket(socket.AF_UNIX)
            link.connect("\\0slipway-test")
            return "connected"
        def attempt(name, body, *words):
            try: said = body(*words)
            except OSError: said = "nobody"
            results.append(f"try {name} {said}")
        lines = [line.split() for line in open("/etc/resolv.conf")]
        server = [words[1] for words in lines if words[0] == "nameserver"][0]
        results, tasks = [], []
        for address in open("addresses").read().split():
            for device in [None, "eth0"]:
                tasks.append((f"{address} {device}", tcp, address, device))
        tasks.append(("abstract", abstract))
        tasks.append(("resolver", udp, 53))
        tasks.append(("beside-the-resolver", udp, 54))
        tasks.append(("resolver-tcp-8000", tcp, server, None))
        tasks.append(("name", socket.gethostbyname, "anything.example"))
        threads = [threading.Thread(target=attempt, args=task) for task in tasks]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print("\\n".join(results))
        print("try rights", [line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")][0])
        """

    /// Addresses that lead to the server itself; 192.0.0.2 would be slirp4netns's name for its loopback.
    private static let own = [OutsideWorld.server, "127.0.0.1", "127.0.0.53", "0.0.0.0", "192.0.0.2", "192.0.0.1"]

    /// What a deploy's probe found, by what it tried.
    private func found(_ network: [String], as caller: Caller) async throws -> (found: [String: String], text: String) {
        try await OutsideWorld.with { world in
            try await TestUser.with { user in
                var result: (found: [String: String], text: String) = ([:], "")
                try await Slipway.with { slipway in
                    let user = caller == .user ? user : nil
                    let source = try Self.source(slipway, "python3 probe.py")
                    user?.give(slipway.folder)
                    for words in [["org", "add", "default"], ["org", "network", "default"] + network] {
                        let answer = try await ChildProcess.run(try slipway.command(words, in: world, as: user))
                        #expect(answer.status.isSuccess, "\(answer.text)\(answer.errorText)")
                    }
                    let deploy = try slipway.command(["deploy", source, "--project", "p", "--auto-approve"], in: world, as: user)
                    let answer = try await ChildProcess.run(deploy, timeout: .seconds(90))
                    let text = answer.text + answer.errorText
                    #expect(answer.status.isSuccess, "\(text)")
                    for line in text.split(separator: "\n") {
                        guard let start = line.firstRange(of: ": try ")?.upperBound, let space = line.lastIndex(of: " "), space > start
                        else { continue }
                        result.found[String(line[start..<space])] = String(line[line.index(after: space)...])
                    }
                    result.text = text
                    slipway.removeWorkspaces(ofData: user.map { "\($0.home)/data" } ?? slipway.data)
                }
                return result
            }
        }
    }

    private static func source(_ slipway: Slipway, _ command: String) throws -> String {
        try slipway.write(probe, to: "source/probe.py")
        try slipway.write((OutsideWorld.addresses + own).joined(separator: "\n"), to: "source/addresses")
        let resource = "resource \"terraform_data\" \"x\" {\n  provisioner \"local-exec\" { command = \"\(command)\" }\n}\n"
        return try slipway.write(resource, to: "source/main.tf")
    }

    @Test(arguments: Caller.possible)
    func `a filtered run reaches the outside, names and what is allowed, and nothing of this machine, private networks or the cloud`(
        caller: Caller
    ) async throws {
        let (found, text) = try await found(["--network", "filtered", "--allow", "10.9.9.8", "--allow", "169.254.0.0/16"], as: caller)
        for device in ["None", "eth0"] {
            for address in OutsideWorld.addresses {
                let isOpen = [OutsideWorld.named, "10.9.9.8"].contains(address)
                // An allowed range doesn't open the metadata in it: 169.254.170.2 is one of its addresses as well.
                #expect(found["\(address) \(device)"] == (isOpen ? "outside" : "nobody"), "\(address) \(device)\n\(text)")
            }
            for address in Self.own { #expect(found["\(address) \(device)"] == "nobody", "\(address) \(device)\n\(text)") }
        }
        #expect(found["abstract"] == "nobody" && found["resolver"] == "True" && found["name"] == OutsideWorld.named, "\(text)")
        #expect(found["beside-the-resolver"] == "nobody" && found["resolver-tcp-8000"] == "nobody", "\(text)")
        #expect(found["rights"] == "0000000000000000", "\(text)")
        #expect(text.contains("the network is filtered"), "\(text)")
    }

    @Test(arguments: Caller.possible) func `a run without a network reaches nothing`(caller: Caller) async throws {
        let (found, text) = try await found(["--network", "none"], as: caller)
        #expect(found.count > 2 * OutsideWorld.addresses.count, "\(text)")
        #expect(found.filter { $0.key != "rights" && $0.value != "nobody" }.isEmpty, "\(text)")
    }

    @Test func `a run in the server's network reaches what the server does`() async throws {
        let (found, text) = try await found(["--network", "host"], as: .root)
        for address in OutsideWorld.addresses { #expect(found["\(address) None"] == "outside", "\(text)") }
        #expect(found["127.0.0.1 None"] == "server" && found["name"] == OutsideWorld.named, "\(text)")
        // Whatever network they have, where the kernel can do it.
        #expect(found["abstract"] == (AbstractSockets.canBeClosed ? "nobody" : "connected"), "\(text)")
    }

    @Test(arguments: Caller.possible) func `a killed worker leaves nothing of its run's network`(caller: Caller) async throws {
        try await OutsideWorld.with { world in
            try await TestUser.with { user in
                try await Slipway.with(environment: ["SLIPWAY_NETWORK": "filtered"]) { slipway in
                    let user = caller == .user ? user : nil
                    let source = try Self.source(slipway, "echo begun; sleep 600")
                    user?.give(slipway.folder)
                    let deploy = ["deploy", source, "--project", "p", "--auto-approve", "--detach"]
                    let queued = try await ChildProcess.run(try slipway.command(deploy, in: world, as: user))
                    #expect(queued.status.isSuccess, "\(queued.text)\(queued.errorText)")
                    let worker = try ChildProcess.start(try slipway.command(["worker"], in: world, as: user))
                    let handles = try await within(.seconds(60), "the run") {
                        while true {
                            let tree = ProcessTable.tree(worker.pid)
                            if Set(tree.compactMap(ProcessTable.name)).isSuperset(of: ["slirp4netns", "sleep"]) {
                                return tree.compactMap { ProcessHandle($0) }
                            }
                            try await Task.sleep(for: .milliseconds(20))
                        }
                    }
                    worker.signal(9)
                    _ = await worker.wait()
                    for handle in handles { #expect(await handle.waitForEnd(limit: .seconds(20)), "\(handle.pid) goes on") }
                    // The next worker would take up what is left.
                    slipway.removeWorkspaces(ofData: user.map { "\($0.home)/data" } ?? slipway.data)
                }
            }
        }
    }
}
