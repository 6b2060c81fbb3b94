import FoundationEssentials
import Host
import Sealing

/// The processes of one machine, in namespaces that end with them, and its folder.
struct MachineProcess: Sendable {
    let machine: LocalMachine
    private let folder: String
    private let child: ChildProcess

    var isRunning: Bool { child.status == nil }

    /// Makes a machine, and returns once it lets its users in.
    ///
    /// - Throws: ``MachineFault`` when it doesn't start; nothing is left of it then.
    static func start(_ order: MachineOrder, id: String, in folder: String, _ setting: MachineSetting) async throws -> MachineProcess {
        let keys = try Self.keys(order.sshPublicKey)
        // A port that was free may be taken by the time sshd wants it.
        for _ in 0..<4 {
            if let process = try await attempt(order, keys, id: id, in: folder, setting) { return process }
        }
        throw MachineFault("the machine gets no port: others take each one that is free")
    }

    /// Nil when the machine's port was taken.
    private static func attempt(
        _ order: MachineOrder,
        _ keys: String,
        id: String,
        in folder: String,
        _ setting: MachineSetting
    ) async throws -> MachineProcess? {
        let port = setting.network == .loopback ? try LoopbackPort.free() : nil
        let hostKey = try prepare(folder, keys: keys, port: port, setting)
        let output = ProgramOutput()
        let name = order.name ?? id
        var command = command(name: name, folder: folder, setting)
        command.output = .pieces { output.add($0) }
        command.errorOutput = command.output
        let child = try ChildProcess.start(command)
        do {
            let address = setting.network == .own ? try await MachineNetwork.give(to: child.pid, folder, output, setting) : "127.0.0.1"
            guard await output.wait(for: "Server listening on") else {
                if port != nil, output.text.contains("Cannot bind") {
                    await end(child, folder)
                    return nil
                }
                throw MachineFault("the machine does not start: \(output.lastLine)")
            }
            let machine = LocalMachine(
                id: id,
                name: name,
                ip: address,
                port: port ?? 22,
                user: setting.user,
                hostKey: hostKey,
                status: "running"
            )
            return MachineProcess(machine: machine, folder: folder, child: child)
        } catch {
            await end(child, folder)
            throw error
        }
    }

    /// Ends all its processes, and removes its folder.
    func end() async { await Self.end(child, folder) }

    private static func end(_ child: ChildProcess, _ folder: String) async {
        // The kernel ends the namespace's other processes with its first one.
        child.signal(9, group: true)
        _ = await child.wait()
        child.finishReading()
        // Docker's leftovers may be mounted still for a moment; the next start of the service empties the folder anyway.
        try? FileSystem.removeTree(folder)
    }

    // MARK: - Details

    private static func keys(_ text: String?) throws -> String {
        let lines = (text ?? "").split(separator: "\n").map { String($0).trimmingPrefix(while: { $0 == " " }) }.filter { !$0.isEmpty }
        guard !lines.isEmpty else {
            throw MachineFault("ssh_public_key is missing: a machine without one would let nobody in", isClients: true)
        }
        for line in lines {
            do throws(SealingError) { _ = try SSHPublicKey(text: String(line)) } catch {
                throw MachineFault("ssh_public_key can't be used: \(error)", isClients: true)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Fills the machine's folder, and gives its public host key.
    private static func prepare(_ folder: String, keys: String, port: Int?, _ setting: MachineSetting) throws -> String {
        try FileSystem.makeFolder(folder)
        try FileSystem.makeFolder("\(folder)/home")
        try FileSystem.makeFolder("\(folder)/home/.ssh")
        try FileSystem.write(Array(keys.utf8), to: "\(folder)/home/.ssh/authorized_keys")
        var pair = try SSHKeyPair.generate(comment: "")
        defer { pair.privateKey.wipe() }
        try FileSystem.write(pair.privateKey, to: "\(folder)/host_key")
        let configuration = MachineScript.configuration(port: port, user: setting.user)
        try FileSystem.write(Array(configuration.utf8), to: "\(folder)/sshd_config")
        return pair.publicKey
    }

    private static func command(name: String, folder: String, _ setting: MachineSetting) -> ChildProcess.Command {
        if setting.isRoot {
            return ChildProcess.Command(
                setting.setpriv,
                ["--pdeathsig", "KILL", setting.unshare] + setting.namespaces
                    + [
                        setting.shell, "-c", MachineScript.root, "machine", name, setting.network.rawValue, setting.docker.rawValue,
                        setting.sshd, setting.home,
                    ],
                environment: MachineSetting.environment,
                folder: folder
            )
        }
        let docker = setting.ownDocker.map { ["--bind", $0.socket, "/run/docker.sock"] } ?? []
        return ChildProcess.Command(
            setting.bubblewrap,
            [
                "--unshare-user", "--unshare-pid", "--die-with-parent", "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc",
                "--tmpfs", "/run", "--bind", folder, "/run/machine", "--bind", "\(folder)/home", setting.home,
            ] + docker + [setting.sshd, "-D", "-e", "-f", "/run/machine/sshd_config"],
            environment: MachineSetting.environment,
            folder: folder
        )
    }
}
