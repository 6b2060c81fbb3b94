internal import Dispatch
internal import FoundationEssentials
package import Host
internal import Synchronization

/// Follows the state file that a run rewrites, and hands over each whole rewrite.
///
/// Terraform's local backend truncates the file and writes it anew after every finished resource, so that a reader can see half of it: such
/// bytes are passed over, and the last whole state is kept. Every rewrite is looked at when it comes. The first is handed over at once, later
/// ones at most once in an interval, and always the newest: rewrites that come faster, or while the receiver is busy, are left out. Only one
/// is ever held.
///
/// ```swift
/// async let following: Void = follower.run()
/// try await terraform.wait()
/// let end = await follower.finish()
/// ```
package final class StateFollower: Sendable {
    /// Takes one state; an error is tried again with what is then the newest, unless ``VaultError/isTransient`` says it is no use.
    package typealias Receiver = @Sendable (FollowedState) async throws -> Void

    private let file: FollowedFile
    private let interval: Duration
    private let receive: Receiver
    private let watcher: DirectoryWatcher
    /// Rings when the file was looked at; holds one ring.
    private let changes: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation
    private let progress: Mutex<Progress>

    private struct Progress {
        var failure: (any Error)?
        var isRunning = false
        var isFinishing = false
        /// Who waits for ``StateFollower/run()`` to end.
        var waiting: [CheckedContinuation<Void, Never>] = []
        /// The pause between two rounds.
        var nap: Task<Void?, Never>?
    }

    /// Begins to watch; nothing is handed over before ``run()``.
    ///
    /// - Parameters:
    ///   - folder: Where the run writes it, and whatever else it likes.
    ///   - name: The state file in it; may be missing.
    ///   - copy: Where the last whole state also lies, put there by a rename as soon as it is seen: it remains when the run and this process
    ///     die while the file is being rewritten. Nil for nowhere.
    ///   - known: The state that the file holds already and that need not be handed over.
    ///   - limit: A larger file, in bytes, is not read, and ends the following.
    ///   - interval: The shortest time between two calls of `receive`.
    ///   - receive: Takes a state.
    /// - Throws: When the folder can't be watched.
    package init(
        folder: HeldFolder,
        name: String = "terraform.tfstate",
        copy: (folder: HeldFolder, name: String)? = nil,
        known: [UInt8]? = nil,
        limit: Int = StateVault.standardLimit,
        interval: Duration = .milliseconds(250),
        receive: @escaping Receiver
    ) throws {
        let (changes, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let known = known.flatMap { try? FollowedState(parsing: $0) }  // what is no whole state is not known
        let file = FollowedFile(name, in: folder, copy: copy, limit: limit, known: known)
        let look: @Sendable () -> Void = {
            file.look()
            bell.yield()
        }
        watcher = try DirectoryWatcher(folder: folder.descriptorPath, queue: file.queue) { changed in
            if changed == name || changed == nil { look() }
        }
        self.file = file
        self.interval = interval
        self.receive = receive
        self.changes = changes
        self.bell = bell
        progress = Mutex(Progress())
        // What was written before the watch began.
        file.queue.async(execute: look)
    }

    /// Hands over rewrites until ``finish()`` or until the task is cancelled; call it once.
    package func run() async {
        progress.withLock { $0.isRunning = true }
        var failures = 0
        for await _ in changes {
            if isOver { break }
            let started = ContinuousClock.now
            do {
                let isHandedOver = try await handOverNewest()
                failures = 0
                if isHandedOver { await pause(until: started + interval) }
            } catch {
                failures += 1
                bell.yield()
                await pause(until: .now + min(interval * (1 << min(failures, 5)), .seconds(5)))
            }
            if isOver { break }
        }
        let waiting = progress.withLock { progress in
            progress.isRunning = false
            defer { progress.waiting = [] }
            return progress.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Ends ``run()``, waits for the receiver if it is busy, and reads the file a last time.
    ///
    /// What it returns may not have been handed over: the caller stores it.
    package func finish() async -> FollowedEnd {
        progress.withLock { progress in
            progress.isFinishing = true
            progress.nap?.cancel()
        }
        bell.yield()
        await withCheckedContinuation { continuation in
            let isRunning = progress.withLock { progress in
                if progress.isRunning { progress.waiting.append(continuation) }
                return progress.isRunning
            }
            if !isRunning { continuation.resume() }
        }
        let isTorn = await file.lookAgain()
        return FollowedEnd(last: file.newest, isTorn: isTorn, isHandedOver: file.newest != nil && file.isHandedOver, failure: failure)
    }

    // MARK: - Details

    private var failure: (any Error)? { progress.withLock { $0.failure } ?? file.refusal }

    private var isOver: Bool { progress.withLock { $0.isFinishing } || failure != nil || Task.isCancelled }

    /// Hands over the newest state, unless that was done; whether there was one.
    private func handOverNewest() async throws -> Bool {
        guard let (state, number) = file.waiting else { return false }
        do {
            try await receive(state)
            file.handedOver(number)
        } catch let error as VaultError where !error.isTransient {
            progress.withLock { $0.failure = error }
        }
        return true
    }

    /// Waits, but not longer than until ``finish()`` or a cancellation.
    private func pause(until deadline: ContinuousClock.Instant) async {
        // Awaited two lines below; a task of its own, because finish() must be able to end it.
        let nap = Task { try? await Task.sleep(until: deadline) }  // only a cancellation ends it early, which is no error here
        progress.withLock { progress in
            progress.nap = nap
            if progress.isFinishing { nap.cancel() }
        }
        await withTaskCancellationHandler {
            _ = await nap.value
        } onCancel: {
            nap.cancel()
        }
    }
}
