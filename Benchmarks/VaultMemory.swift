import FoundationEssentials
import Host
import StateVault
import Storage

/// What the vault's work on one state takes of memory, in a process that does nothing else.
///
/// The process is this program again, started with `--memory WHAT FOLDER FILE`; it prints by how many bytes its peak lies above what it
/// had with the vault open. The state itself is part of that.
enum VaultMemory: String {
    case save
    case load
    case backUp
    case compare

    /// Measures once, in a folder with a vault and a file with a state.
    func measure(_ rig: Rig, vault folder: String, state file: String) async throws -> Double {
        guard let own = FileSystem.resolved("/proc/self/exe") else {
            throw Rig.Failure(description: "This program's own file can't be found in /proc.")
        }
        let command = ChildProcess.Command(own, ["--memory", rawValue, folder, file], environment: rig.environment, folder: "/")
        let finished = try await ChildProcess.run(command, timeout: .seconds(300))
        guard finished.status.isSuccess, let bytes = Double(finished.text.filter { $0 != "\n" }) else {
            throw Rig.Failure(description: "Measuring memory failed: \((finished.text + finished.errorText).suffix(500))")
        }
        return bytes
    }

    /// What the process does.
    ///
    /// - Parameter words: Folder and file.
    /// - Throws: What the vault throws, and ``Rig/Failure``.
    func run(_ words: [String]) async throws {
        guard words.count == 2 else { throw Rig.Failure(description: "A folder and a file are needed.") }
        let rig = try await VaultRig(in: words[0])
        // VmHWM from here on; proc(5).
        try FileSystem.write(Array("5".utf8), to: "/proc/self/clear_refs")
        let baseline = try Self.size("VmRSS")
        switch self {
        case .save: try await rig.save(try FileSystem.read(words[1]))
        case .load: _ = try await rig.vault.load(rig.deployment)
        case .backUp: try await rig.vault.backUp(rig.deployment, version: 1)
        case .compare: _ = try await rig.vault.compare(rig.deployment)
        }
        print(try Self.size("VmHWM") - baseline)
        await rig.database.close()
    }

    /// A line of this process' `status`, in bytes.
    private static func size(_ name: String) throws -> Int {
        let text = String(decoding: try FileSystem.read("/proc/self/status"), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        guard let kilobytes = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) }) else {
            throw Rig.Failure(description: "/proc/self/status has no \(name).")
        }
        return kilobytes * 1024
    }
}
