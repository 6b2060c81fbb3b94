internal import Host
package import Storage
internal import Synchronization

/// Whether this server can do its work: the database and the data folder take what is written.
///
/// Reading is not enough: on a full disk it works, and no job can be queued. Anybody may ask, so that one trial answers for all who ask soon
/// after.
package final class Readiness: Sendable {
    /// Why it can't.
    enum Fault: Error, Sendable {
        case database(any Error)
        case folder(HostError)
    }

    /// Enough to need a page of its own on any file system.
    private static let trialSize = 64 * 1024

    private let database: Database
    private let folder: String?
    private let maximumAge: Duration
    private let trial = Mutex<(task: Task<Fault?, Never>, at: ContinuousClock.Instant)?>(nil)

    /// - Parameters:
    ///   - database: Gets a write that changes nothing.
    ///   - folder: The data folder, which gets a file for a moment; nil: none is looked at.
    ///   - maximumAge: How long a trial's result holds.
    package init(database: Database, folder: String?, maximumAge: Duration = .seconds(2)) {
        self.database = database
        self.folder = folder
        self.maximumAge = maximumAge
    }

    /// Tries both, or waits for the trial that is under way.
    ///
    /// - Throws: ``Fault``.
    func check() async throws(Fault) {
        let task = trial.withLock { trial in
            if let trial, ContinuousClock.now - trial.at < maximumAge { return trial.task }
            // Awaited right below, by everybody who asks meanwhile; a caller that goes away ends it for none of the others.
            let task = Task { await self.fault() }
            trial = (task, .now)
            return task
        }
        if let fault = await task.value { throw fault }
    }

    private func fault() async -> Fault? {
        do {
            try await database.write { transaction in
                try transaction.execute("UPDATE organizations SET created_at = created_at WHERE id = (SELECT MIN(id) FROM organizations)")
            }
        } catch {
            return .database(error)
        }
        guard let folder else { return nil }
        let path = "\(folder)/.ready-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        // What could not be written to its end is there, too.
        defer { try? FileSystem.removeFile(path) }
        do throws(HostError) {
            try FileSystem.write([UInt8](repeating: 0, count: Self.trialSize), to: path, durably: true)
            return nil
        } catch {
            return .folder(error)
        }
    }
}
