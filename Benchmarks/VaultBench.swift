import Domain
import FoundationEssentials
import Host
import Sealing
import StateVault
import Storage

/// Saving and loading states: how fast, against the bare sealing of the same bytes, against the method of document 003, and in how much
/// memory.
enum VaultBench {
    /// One size of state, and how often it is saved for one sample.
    private struct Size {
        let name: String
        let byteCount: Int
        let count: Int
    }

    private static let sizes = [
        Size(name: "10 KB", byteCount: 10_000, count: 200), Size(name: "1 MB", byteCount: 1_000_000, count: 20),
        Size(name: "10 MB", byteCount: 10_000_000, count: 3), Size(name: "100 MB", byteCount: 100_000_000, count: 1),
    ]

    /// Seconds for one state.
    private struct Figures {
        var (saves, durableSaves, loads): ([Double], [Double], [Double]) = ([], [], [])
        var (saveFloors, loadFloors): ([Double], [Double]) = ([], [])
        var (phpSaves, phpLoads): ([Double], [Double]) = ([], [])
        var sealedSizes: [Double] = []
        var phpSizes: [Double] = []
    }

    static func measure(_ rig: Rig, _ report: Report) async throws {
        // Without fsync, which memory has none of, and with it.
        let memory = try memoryFolder(rig)
        defer {
            // What can't be removed from memory is gone with the machine's next start.
            try? FileSystem.removeTree(memory)
        }
        let disk = try rig.folder("vault")
        let php: PHPMethod?
        do { php = try PHPMethod(rig, in: disk) } catch {
            report.skipped("vault, document 003's method", "\(error)")
            php = nil
        }
        for size in sizes {
            try await measure(size, rig, report, memory: "\(memory)/\(size.byteCount)", disk: "\(disk)/\(size.byteCount)", php: php)
        }
    }

    private static func memoryFolder(_ rig: Rig) throws -> String {
        let shared = "/dev/shm"
        guard FileSystem.exists(shared) else { return try rig.folder("vault-memory") }
        let path = "\(shared)/slipway-bench-\(Rig.unique())"
        try FileSystem.makeFolder(path)
        return path
    }

    private static func measure(
        _ size: Size,
        _ rig: Rig,
        _ report: Report,
        memory: String,
        disk: String,
        php: PHPMethod?
    ) async throws {
        for folder in [memory, disk] { try FileSystem.makeFolder(folder) }
        let made = try MadeState(size: size.byteCount)
        let file = "\(memory)/state.json"
        try FileSystem.write(made.bytes(serial: 1), to: file)
        let figures = try await times(size, made, rig, memory: memory, disk: disk, php: php.map { ($0, file) })
        print(figures, of: size, made, report)
        try await measureMemory(size, made, rig, report, file: file)
        for folder in [memory, disk] { try FileSystem.removeTree(folder) }
    }

    private static func print(_ figures: Figures, of size: Size, _ made: MadeState, _ report: Report) {
        let bytes = Double(made.bytes(serial: 1).count)
        let state = "a \(size.name) state"
        let isLarge = size.byteCount >= 1_000_000
        let places = size.byteCount > 1_000_000 ? 1 : 0
        func rates(_ what: String, _ seconds: [Double]) {
            report.row("\(state) \(what)", Samples(seconds.map { 1 / $0 }), unit: "/s", places: places)
            report.row("\(state) \(what)", Samples(seconds.map { bytes / 1e6 / $0 }), unit: "MB/s")
        }
        func ratio(_ what: String, _ first: [Double], to second: [Double], places: Int, aim: Report.Aim) {
            report.row("\(state) \(what)", .pairwise(first, second, /), unit: "x", places: places, aim: aim)
        }
        rates("(\(made.resourceCount) resources) saved, with fsync", figures.durableSaves)
        rates("saved, without fsync", figures.saves)
        rates("loaded", figures.loads)
        ratio("saved: time against the floor", figures.saves, to: figures.saveFloors, places: 2, aim: isLarge ? .atMost(2) : .none)
        ratio("loaded: time against the floor", figures.loads, to: figures.loadFloors, places: 2, aim: isLarge ? .atMost(2) : .none)
        report.row("\(state) sealed: bytes against its own", Samples(figures.sealedSizes.map { $0 / bytes }), unit: "x", places: 3)
        guard !figures.phpSaves.isEmpty else { return }
        ratio("saved: times as fast as 003's method", figures.phpSaves, to: figures.saves, places: 1, aim: .atLeast(10))
        ratio("only sealed: times as fast as 003's method", figures.phpSaves, to: figures.saveFloors, places: 1, aim: .none)
        ratio("loaded: times as fast as 003's method", figures.phpLoads, to: figures.loads, places: 1, aim: .none)
        ratio("sealed: bytes against 003's method", figures.sealedSizes, to: figures.phpSizes, places: 2, aim: .atMost(1))
    }

    // MARK: - Time

    private static func times(
        _ size: Size,
        _ made: MadeState,
        _ rig: Rig,
        memory: String,
        disk: String,
        php: (method: PHPMethod, file: String)?
    ) async throws -> Figures {
        var figures = Figures()
        let vault = try await VaultRig(in: memory)
        let durable = try await VaultRig(in: disk)
        var serial = 0
        let each = 1 / Double(size.count)
        // The first finds caches cold, and is dropped.
        for run in 0...rig.runs {
            let states = (1...size.count).map { made.bytes(serial: serial + $0) }
            serial += size.count
            let key = try SecretBytes.random(count: AESGCM.keySize)
            let nonce = try RandomBytes.make(count: AESGCM.nonceSize)
            let saveFloor = try time {
                for state in states {
                    _ = SHA256.hash(state)
                    _ = try AESGCM.seal(try Zstd.compress(state), key: key, nonce: nonce)
                }
            }
            let save = try await time { for state in states { try await vault.save(state) } }
            let durableSave = try await time { for state in states { try await durable.save(state) } }
            let sealed = try AESGCM.seal(try Zstd.compress(states[0]), key: key, nonce: nonce)
            let loadFloor = try time {
                for _ in states {
                    let plain = try Zstd.decompress(try AESGCM.open(sealed, key: key, nonce: nonce), limit: size.byteCount * 2)
                    _ = SHA256.hash(plain)
                }
            }
            let load = try await time { for _ in states { _ = try await vault.vault.load(vault.deployment) } }
            let method = try await php?.method.measure(php?.file ?? "", count: size.count)
            guard run > 0 else { continue }
            figures.saveFloors.append(saveFloor * each)
            figures.saves.append(save * each)
            figures.durableSaves.append(durableSave * each)
            figures.loadFloors.append(loadFloor * each)
            figures.loads.append(load * each)
            let newest = try await vault.vault.versions(of: vault.deployment, limit: 1).first
            figures.sealedSizes.append(Double(newest?.sealedByteCount ?? 0))
            guard let method else { continue }
            figures.phpSaves.append(method.save)
            figures.phpLoads.append(method.load)
            figures.phpSizes.append(Double(method.sealedSize))
        }
        await vault.database.close()
        await durable.database.close()
        return figures
    }

    private static func time(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start).seconds
    }

    private static func time(_ body: () async throws -> Void) async rethrows -> Double {
        let start = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - start).seconds
    }

    // MARK: - Memory

    private static func measureMemory(_ size: Size, _ made: MadeState, _ rig: Rig, _ report: Report, file: String) async throws {
        guard size.byteCount >= 1_000_000 else { return }
        let state = "a \(size.name) state"
        let bytes = Double(made.bytes(serial: 1).count)
        let kinds: [(VaultMemory, String)] =
            [(.save, "saved"), (.load, "loaded")] + (size.byteCount >= 100_000_000 ? [(.backUp, "backed up"), (.compare, "compared")] : [])
        for (kind, verb) in kinds {
            var samples = Samples()
            for _ in 0..<rig.runs {
                let folder = try rig.folder("vault-memory-\(Rig.unique())")
                let vault = try await VaultRig(in: folder)
                if kind != .save { try await vault.save(made.bytes(serial: 1)) }
                if kind == .compare { try await vault.save(MadeState(size: size.byteCount, revision: 2).bytes(serial: 2)) }
                await vault.database.close()
                samples.add(try await kind.measure(rig, vault: folder, state: file))
                try FileSystem.removeTree(folder)
            }
            report.row("\(state) \(verb): peak memory", Samples(samples.values.map { $0 / 1e6 }), unit: "MB", places: 1)
            report.row(
                "\(state) \(verb): peak memory against its size",
                Samples(samples.values.map { $0 / bytes }),
                unit: "x",
                places: 1,
                aim: .atMost(10)
            )
        }
    }
}
