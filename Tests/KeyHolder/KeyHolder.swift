internal import Domain
internal import FoundationEssentials
internal import Glibc
internal import Log
internal import Provisioning
internal import Remote
internal import Sealing
internal import StateVault
internal import Storage

/// A process that changes keys or holds a lock, for tests that kill or stop it.
///
/// `KeyHolder MODE DATABASE FOLDER ARGUMENT…`, with its keys in `FOLDER/keyring` and its backups in `FOLDER/backups`.
@main struct KeyHolder {
    let database: Database
    let folder: String
    let arguments: [String]

    static func main() async throws {
        let arguments = CommandLine.arguments
        let location = try DatabaseLocation.parse(arguments[2])
        let holder = KeyHolder(database: try await Database.open(location), folder: arguments[3], arguments: Array(arguments.dropFirst(4)))
        switch arguments[1] {
        case "rotate": try await holder.rotate()
        case "hold": try await holder.hold()
        case "add": try await holder.add()
        default: fatalError("no such mode")
        }
        await holder.database.close()
    }

    private func say(_ text: String) {
        // One write for a line: what the test reads is never half there.
        let line = Array((text + "\n").utf8)
        _ = Glibc.write(1, line, line.count)
    }

    private func vault() async throws -> StateVault {
        let keyring = try Keyring.open(folder: folder, environment: [:], createsMissing: false)
        let place = BackupPlace(try await FolderStore.open("\(folder)/backups"))
        return StateVault(database: database, keyring: keyring, backups: place)
    }

    /// `rotate KEY`: small batches, so that there is something to be killed between.
    private func rotate() async throws {
        let vault = try await vault()
        let name = arguments[0]
        try await KeyringStore(folder: folder, environment: [:]).activate(name)
        let rotation = KeyRotation(
            database: database,
            keyring: try Keyring.open(folder: folder, environment: [:], createsMissing: false),
            columns: SealedColumns.all,
            archives: [BackupArchive(vault)],
            batchSize: 2
        )
        say("begun")
        let report = try await rotation.run(to: name)
        say("done \(report.done) \(report.failures.count) \(report.lost.count)")
    }

    /// `add COUNT PREFIX`: keys one after another.
    private func add() async throws {
        let store = KeyringStore(folder: folder, environment: [:])
        for number in 0..<(Int(arguments[0]) ?? 0) {
            say("added \(try await store.add(name: "\(arguments[1])-\(number)", protection: .plain))")
        }
    }

    /// `hold ID MILLISECONDS BEATS [REDIS]`: takes a lock, waits for the file `go-ID`, and writes a state.
    ///
    /// With BEATS `no` the lock is not renewed.
    private func hold() async throws {
        let vault = try await vault()
        let deployment = DeploymentID(rawValue: 1)
        let (id, lifetime) = (arguments[0], Duration.milliseconds(Int(arguments[1]) ?? 0))
        let redis = arguments.count > 3 ? RedisClient(try RedisLocation.parse(arguments[3]), options: RedisLockFront.options) : nil
        let front = redis.map { RedisLockFront($0, logger: .none) }
        let locks = StateLocks(vault: vault, front: front)
        let request = LockRequest(deployment, id: id, holder: "process \(id)", reason: "test", lifetime: lifetime)
        let lock = try await locks.take(request, waiting: LockWait(limit: .seconds(30)))
        say("held \(lock.fence)")
        if arguments[2] == "no" {
            await write(vault, lock)
        } else {
            try await locks.keeping(request) { await self.write(vault, lock) }
        }
        do throws(VaultError) {
            try await locks.release(deployment, id: id)
            say("released")
        } catch {
            say("not held any more")
        }
    }

    private func write(_ vault: StateVault, _ lock: StateLock) async {
        while access("\(folder)/go-\(lock.id)", F_OK) != 0 { usleep(2_000) }
        let serial = Int(arguments[1]) ?? 0
        let state = #"{"version":4,"terraform_version":"1.11.4","serial":\#(serial),"lineage":"l","outputs":{},"resources":[]}"#
        do throws(VaultError) {
            _ = try await vault.save(
                Array(state.utf8),
                for: DeploymentID(rawValue: 1),
                as: .final,
                fence: lock.fence,
                job: nil,
                author: lock.holder,
                force: true
            )
            say("stored")
        } catch {
            if case .staleFence = error.reason { say("refused") } else { say("failed \(error)") }
        }
    }
}
