internal import Domain
package import Sealing
package import Storage

/// Wraps the data keys of all sealed messages anew with one key of the keyring: online, in batches, body by body untouched.
///
/// There is no record of the progress but the messages themselves: what still names another key is still to do. It may be killed at any
/// point, run again, and run twice at once.
package struct KeyRotation: Sendable {
    /// How far it has come.
    package struct Progress: Sendable, Equatable {
        package var done = 0
        package var total: Int
    }

    /// What it did.
    package struct Report: Sendable, Equatable {
        package var done = 0
        /// Messages that could not be wrapped anew, as sentences: damaged ones.
        package var failures: [String] = []
        /// Keys that are not in the keyring, with what they would open.
        package var lost: [String: String] = [:]
    }

    private let database: Database
    private let keyring: Keyring
    private let columns: [SealedColumn]
    private let archives: [any SealedArchive]
    private let batchSize: Int
    /// The most that one transaction rewrites, in bytes.
    private let batchBytes: Int

    /// Prepares a rotation.
    ///
    /// - Parameters:
    ///   - database: Migrated.
    ///   - keyring: With the old keys and the new one.
    ///   - columns: All that are sealed with it.
    ///   - archives: What is sealed with it elsewhere.
    ///   - batchSize: How many messages one transaction rewrites at most.
    ///   - batchBytes: How many bytes of them: others wait that long for the database's writer.
    package init(
        database: Database,
        keyring: Keyring,
        columns: [SealedColumn],
        archives: [any SealedArchive] = [],
        batchSize: Int = 100,
        batchBytes: Int = 16 << 20
    ) {
        self.database = database
        self.keyring = keyring
        self.columns = columns
        self.archives = archives
        self.batchSize = max(1, batchSize)
        self.batchBytes = batchBytes
    }

    /// Wraps everything anew that another key wraps.
    ///
    /// - Parameters:
    ///   - name: The new key; should be the active one already, or new messages are sealed with the old one meanwhile.
    ///   - report: Called after each batch.
    /// - Returns: What was done, and what could not be.
    /// - Throws: ``SealingError/Reason/unknownKey(_:)`` when the keyring has no such key; ``StorageError``; what an archive throws.
    package func run(to name: String, report: @Sendable (Progress) async -> Void = { _ in }) async throws -> Report {
        try await keyring.refresh()
        guard keyring.keyNames.contains(name) else { throw SealingError(.unknownKey(name)) }
        let uses = try await KeyUses.count(columns, archives, in: database)
        let old = Set(uses.keys).subtracting([name])
        let known = old.intersection(keyring.keyNames)
        let result = Tally(Progress(total: known.reduce(0) { $0 + uses.total(of: $1) }))
        var outcome = Report()
        for key in old.subtracting(known) { outcome.lost[key] = uses.text(of: key) }
        for column in columns {
            for key in known.sorted() {
                outcome.failures += try await rewrap(column, from: key, to: name) { await report(await result.add($0)) }
            }
        }
        for archive in archives {
            try await archive.rewrap(from: known, to: name) { isDone in await report(await result.add(isDone ? 1 : 0)) }
        }
        outcome.done = await result.progress.done
        return outcome
    }

    // MARK: - Details

    private actor Tally {
        private(set) var progress: Progress
        init(_ progress: Progress) { self.progress = progress }
        func add(_ count: Int) -> Progress {
            progress.done += count
            // Others seal meanwhile.
            progress.total = max(progress.total, progress.done)
            return progress
        }
    }

    private func rewrap(
        _ column: SealedColumn,
        from key: String,
        to name: String,
        report: (Int) async -> Void
    ) async throws -> [String] {
        var failures: [String] = []
        var last: SQLValue?
        while true {
            try Task.checkCancellation()
            let after = last
            let found = try await database.read { [batchSize] transaction in
                try column.messages(sealedBy: key, after: after, limit: batchSize, in: transaction)
            }
            let batch = bounded(found)
            guard let end = batch.last else { return failures }
            var changes: [SealedColumn.Rewrapping] = []
            for message in batch {
                do throws(SealingError) {
                    guard let context = message.context else { continue }
                    let header = try EnvelopeHeader(head: message.head)
                    let head = try Envelope.rewrap(head: header, with: keyring, context: context, to: name)
                    changes.append(SealedColumn.Rewrapping(id: message.id, head: head))
                } catch {
                    failures.append("the \(column.noun) \(message.context ?? "") can't be wrapped anew: \(error)")
                }
            }
            let ready = changes
            let done = try await database.write { transaction in
                try ready.count { try column.replace($0, key: name, in: transaction) }
            }
            last = end.id
            await report(done)
        }
    }

    /// As many as fit into one transaction, and at least one.
    private func bounded(_ messages: [SealedColumn.Message]) -> ArraySlice<SealedColumn.Message> {
        var sum = 0
        let end = messages.firstIndex { message in
            sum += message.byteCount
            return sum > batchBytes
        }
        return messages.prefix(max(1, end ?? messages.count))
    }
}
