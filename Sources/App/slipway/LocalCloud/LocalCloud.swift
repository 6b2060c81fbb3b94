import FoundationEssentials
import Host
import Sealing

/// The machines of one service: makes them, and ends them all with itself.
actor LocalCloud {
    private enum Slot {
        case starting(Task<LocalMachine, any Error>)
        case running(MachineProcess)
    }

    private static let limit = 200

    nonisolated let setting: MachineSetting
    private let folder: String
    private var slots: [String: Slot] = [:]
    private var docker: ChildProcess?
    private var isEnding = false
    private let lock: FileLock

    /// Takes the folder over, and removes what a service that was killed has left there.
    ///
    /// - Throws: ``CommandError`` when another service works in it.
    init(folder: String, setting: MachineSetting) throws {
        self.folder = folder
        self.setting = setting
        try FileSystem.makeFolder(folder)
        guard let lock = try FileLock.take("\(folder)/lock") else {
            throw CommandError("Another local cloud runs with this data folder: end it, or give another one with --data DIR.")
        }
        self.lock = lock
        try FileSystem.removeTree("\(folder)/machines")
        try FileSystem.makeFolder("\(folder)/machines")
    }

    /// Starts what all machines share.
    ///
    /// - Throws: ``CommandError`` when Docker doesn't start.
    func begin() async throws {
        guard setting.docker == .shared, setting.isRoot else { return }
        let place = "\(folder)/docker"
        try FileSystem.removeTree(place)
        try FileSystem.makeFolder(place)
        let output = ProgramOutput()
        var command = ChildProcess.Command(
            setting.setpriv,
            ["--pdeathsig", "KILL", setting.unshare, "--mount", "--pid", "--ipc", "--fork", "--kill-child=KILL", "--mount-proc"]
                + [setting.shell, "-c", MachineScript.docker],
            environment: MachineSetting.environment,
            folder: place
        )
        command.output = .pieces { output.add($0) }
        command.errorOutput = command.output
        let child = try ChildProcess.start(command)
        docker = child
        guard await output.wait(for: "ready\n") else { throw CommandError("\(output.lastLine).") }
    }

    var machines: [LocalMachine] {
        slots.values.compactMap { slot in
            guard case .running(let process) = slot else { return nil }
            var machine = process.machine
            if !process.isRunning { machine.status = "ended" }
            return machine
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// Makes a machine, or gives the one that has the id already.
    ///
    /// - Throws: ``MachineFault``
    func make(_ order: MachineOrder) async throws -> LocalMachine {
        guard !isEnding else { throw MachineFault("the local cloud is ending") }
        let id = try order.id ?? "local-\(Hexadecimal.text(RandomBytes.make(count: 8)))"
        for (what, value) in [("id", id), ("name", order.name ?? "machine")] where !Self.isWord(value) {
            throw MachineFault("\(what) must be 1 to 63 letters, digits or '-', and begin with a letter or digit", isClients: true)
        }
        switch slots[id] {
        case .running(let process): return process.machine
        case .starting(let task): return try await task.value
        case nil: break
        }
        guard slots.count < Self.limit else { throw MachineFault("there are \(Self.limit) machines already: end some") }
        // Awaited here, by whoever asks for the same id meanwhile, and by `end`.
        let task = Task { [folder, setting] in
            let process = try await MachineProcess.start(order, id: id, in: "\(folder)/machines/\(id)", setting)
            settle(id, process)
            return process.machine
        }
        slots[id] = .starting(task)
        do {
            return try await task.value
        } catch {
            slots[id] = nil
            throw error
        }
    }

    /// Ends a machine; one that is not there is ended already.
    func end(_ id: String) async {
        if case .starting(let task) = slots[id] { _ = try? await task.value }  // its own client hears why
        guard case .running(let process) = slots.removeValue(forKey: id) else { return }
        await process.end()
    }

    /// Ends everything.
    func end() async {
        isEnding = true
        await withTaskGroup(of: Void.self) { group in
            for id in slots.keys { group.addTask { await self.end(id) } }
        }
        if let docker {
            docker.signal(9, group: true)
            _ = await docker.wait()
        }
        for place in ["machines", "docker"] { try? FileSystem.removeTree("\(folder)/\(place)") }  // the next start tries again
        lock.release()
    }

    private func settle(_ id: String, _ process: MachineProcess) { slots[id] = .running(process) }

    private static func isWord(_ text: String) -> Bool {
        let bytes = text.utf8
        return 1...63 ~= bytes.count && bytes.first != UInt8(ascii: "-")
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
