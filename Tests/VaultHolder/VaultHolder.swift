internal import Domain
internal import FoundationEssentials
internal import Glibc
internal import Remote
internal import Sealing
internal import StateVault
internal import Storage

/// A process that works in a vault, for tests that kill or stop it.
///
/// `VaultHolder MODE DATABASE BACKUPS ARGUMENT…`, with its keys in `SLIPWAY_KEYS`. What it prints is what it was told is done.
@main struct VaultHolder {
    let vault: StateVault
    let database: Database
    let deployment = DeploymentID(rawValue: 1)

    static func main() async throws {
        let arguments = CommandLine.arguments
        let database = try await Database.open(try DatabaseLocation.parse(arguments[2]))
        let keyring = try Keyring.open(folder: arguments[3], environment: ProcessInfo.processInfo.environment)
        let place = BackupPlace(try await FolderStore.open(arguments[3]))
        let holder = VaultHolder(vault: StateVault(database: database, keyring: keyring, backups: place), database: database)
        switch arguments[1] {
        case "churn": try await holder.churn(seed: UInt64(arguments[4]) ?? 0)
        case "writers": await holder.writers(Int(arguments[4]) ?? 0, prefix: arguments[5])
        case "big": try await holder.big(byteCount: Int(arguments[4]) ?? 0, resources: Int(arguments[5]) ?? 0)
        default: fatalError("no such mode")
        }
        await database.close()
    }

    func say(_ text: String) {
        // One write for a line: what the test reads is never half there.
        let line = Array((text + "\n").utf8)
        _ = Glibc.write(1, line, line.count)
    }

    // MARK: - To be killed

    /// Saves, backs up, damages and restores, prunes and verifies without end.
    func churn(seed: UInt64) async throws {
        var random = Seeded(state: seed)
        while true {
            let newest = try await vault.versions(of: deployment, limit: 1).first
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                let serial = Int(newest?.serial ?? 0) + 1
                let state = Self.state(serial: serial, padding: Int.random(in: 0..<4000, using: &random))
                let saved = try await vault.save(
                    state,
                    for: deployment,
                    as: .final,
                    fence: Fence(rawValue: try await storedFence()),
                    job: nil,
                    author: "churn"
                )
                if let saved { say("saved \(saved.version) \(saved.checksum)") }
            case 4..<7:
                let waiting = try await vault.versions(of: deployment, limit: 10).filter { $0.backupStatus == .pending }
                if let version = waiting.randomElement(using: &random) { try await vault.backUp(deployment, version: version.version) }
            case 7:
                _ = try await vault.prune(author: "churn") { _ in RetentionPolicy(versions: 6, days: 0) }
            case 8:
                let stored = try await vault.versions(of: deployment, limit: 10).filter { $0.backupStatus == .stored && $0.prunedAt == nil }
                guard let victim = stored.randomElement(using: &random) else { continue }
                try await database.write { [deployment] transaction in
                    _ = try transaction.execute(
                        """
                        UPDATE terraform_state_versions SET state_file = \([1, 2, 3] as [UInt8])
                        WHERE terraform_deployment_id = \(deployment) AND version = \(victim.version) AND backup_status = 'stored'
                            AND pruned_at IS NULL
                        """
                    )
                }
                let loaded = try await vault.load(deployment, version: victim.version)
                if loaded?.version.checksum != victim.checksum { say("wrong \(victim.version)") }
            default:
                if let back = newest.map({ max(1, $0.version - 2) }), try await vault.load(deployment, version: back) != nil {
                    let version = try await vault.rollback(deployment, to: back, author: "churn")
                    say("saved \(version.version) \(version.checksum)")
                }
            }
        }
    }

    static func state(serial: Int, padding: Int, resources: Int = 1) -> [UInt8] {
        var text = #"{"version":4,"terraform_version":"1.11.4","serial":\#(serial),"lineage":"holder","outputs":{},"resources":["#
        for index in 0..<resources {
            if index > 0 { text += "," }
            // Digits of a hash: what a state's identifiers look like to a compressor.
            let noise = SHA256.hex(Array("\(serial)/\(index)".utf8))
            text += #"{"mode":"managed","type":"null_resource","name":"r\#(index)","instances":[{"attributes":{"id":"\#(noise)","#
            text += #""text":"\#(String(repeating: noise, count: padding / 64 + 1))"}}]}"#
        }
        return Array((text + "]}").utf8)
    }

    // MARK: - To be stopped

    /// Writers that take the lock, or steal an expired one, pause, and write under it once; each says what became of it.
    func writers(_ count: Int, prefix: String) async {
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<count { group.addTask { await compete("\(prefix)\(writer)") } }
        }
    }

    private func compete(_ writer: String) async {
        do {
            let (lock, fence) = try await take(writer)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...60)))
            let serial = try await vault.versions(of: deployment, limit: 1).first?.serial ?? 0
            let saved = try await vault.save(
                Self.state(serial: Int(serial) + 1, padding: 10, resources: 2) + Array(String(repeating: " ", count: writer.count).utf8),
                for: deployment,
                as: .final,
                fence: fence,
                job: nil,
                author: writer
            )
            say("\(writer) stored \(saved?.version ?? 0) \(saved?.checksum ?? "")")
            try? await vault.unlock(deployment, id: lock)  // It may have been stolen after the write.
        } catch {
            say("\(writer) refused \(error)")
        }
    }

    private func take(_ writer: String) async throws -> (lock: String, fence: Fence) {
        while true {
            do throws(VaultError) {
                let lock = try await vault.lock(
                    deployment,
                    id: "\(writer)-\(UInt64.random(in: 0 ... .max))",
                    holder: writer,
                    reason: "test",
                    lifetime: .milliseconds(80)
                )
                return (lock.id, lock.fence)
            } catch {
                switch error.reason {
                case .locked, .staleFence: try await Task.sleep(for: .milliseconds(Int.random(in: 2...20)))
                default: throw error
                }
            }
        }
    }

    private func storedFence() async throws -> Int64 {
        try await database.read { [deployment] transaction in
            try transaction.first("SELECT state_fence FROM terraform_deployments WHERE id = \(deployment)")?
                .value("state_fence", as: Int64.self)
        } ?? 0
    }

    // MARK: - To be measured

    /// Saves and loads one large state, and says the most memory that took, in KiB: before, after the save, after the load.
    func big(byteCount: Int, resources: Int) async throws {
        let state = Self.hardState(byteCount: byteCount, resources: resources)
        let before = Self.peakMemory()
        _ = try await vault.save(state, for: deployment, as: .final, fence: Fence(rawValue: 1), job: nil, author: "big")
        let saved = Self.peakMemory()
        let loaded = try await vault.load(deployment)
        let isRight = loaded?.bytes == state && loaded?.version.resourceCount == resources
        say("big \(state.count) \(before) \(saved) \(Self.peakMemory()) \(isRight)")
    }

    /// A state whose text hardly compresses: no window of the compressor holds the same twice.
    static func hardState(byteCount: Int, resources: Int) -> [UInt8] {
        var random = Seeded(state: 1)
        let digits = Array("0123456789abcdef".utf8)
        var pool: [UInt8] = []
        while pool.count < 6 << 20 {
            let word = random.next()
            for digit in 0..<16 { pool.append(digits[Int(word >> (4 * UInt64(digit)) & 15)]) }
        }
        let length = byteCount / resources - 120
        var place = 0
        var bytes = Array(#"{"version":4,"serial":1,"lineage":"holder","outputs":{},"resources":["#.utf8)
        bytes.reserveCapacity(byteCount + 100)
        for index in 0..<resources {
            if place + length > pool.count { place = 0 }
            bytes += Array("\(index == 0 ? "" : ",")".utf8)
            bytes += Array(#"{"mode":"managed","type":"null_resource","name":"r\#(index)","instances":[{"attributes":{"id":""#.utf8)
            bytes += pool[place..<place + length]
            bytes += Array(#""}}]}"#.utf8)
            place += length
        }
        return bytes + Array("]}".utf8)
    }

    static func peakMemory() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
}

/// SplitMix64.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
