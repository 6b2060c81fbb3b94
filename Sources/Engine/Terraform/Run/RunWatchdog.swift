package import Host
internal import Synchronization

/// A process beside the worker's that ends its runs when the worker stands still.
///
/// A worker that was stopped (SIGSTOP, a debugger, a machine out of breath) can't see that its lease is over, while its Terraform goes on and
/// another worker begins the same job anew. So who may still run and until when stands in a file in memory that both processes have open; the
/// watchdog looks every half second, and kills what runs beyond that time.
package final class RunWatchdog: Sendable {
    private struct State {
        /// Processes that are sandboxes, or without one Terraform itself.
        var runs: Set<Int32> = []
        /// By the clock that goes on while the machine sleeps.
        var until: ContinuousClock.Instant
        var process: ChildProcess?
    }

    /// What the program is asked to do, as its only argument.
    package static let word = "watch-runs"

    private let program: String
    private let file: MemoryFile
    private let state: Mutex<State>

    /// Makes one; its process is started with the first run, and ends after the last.
    ///
    /// - Parameters:
    ///   - program: This program's own file: started with ``word``, it is to call ``watch()``.
    ///   - lease: How long runs may go on without a renewal.
    /// - Throws: ``HostError``
    package init(program: String, lease: Duration) throws(HostError) {
        self.program = program
        file = try MemoryFile([])
        state = Mutex(State(until: .now + lease))
    }

    /// The worker's leases were renewed: what it runs may go on for so long from now.
    package func renew(for lease: Duration) {
        state.withLock { state in
            state.until = .now + lease
            write(state)
        }
    }

    /// A run began.
    func add(_ pid: Int32) {
        state.withLock { state in
            state.runs.insert(pid)
            write(state)
            guard state.process == nil || state.process?.status != nil else { return }
            var command = ChildProcess.Command(program, [Self.word], folder: "/")
            command.inherited = [.memory(file)]
            // Without it the worker's own watch ends its runs, as long as the worker doesn't stand still.
            state.process = try? ChildProcess.start(command)
        }
    }

    /// A run has ended.
    func remove(_ pid: Int32) {
        state.withLock { state in
            state.runs.remove(pid)
            write(state)
        }
    }

    /// One line, whose end says that it is whole.
    private func write(_ state: State) {
        let left = (state.until - .now) / .milliseconds(1)
        let deadline = Int64(Self.now() + left)
        let words = ["\(deadline)", "\(CurrentProcess.id)"] + state.runs.map(String.init) + ["."]
        // What can't be written leaves the earlier deadline, which is the safe one.
        try? file.replace(Array(words.joined(separator: " ").utf8))
    }

    /// Milliseconds by the same clock for every process of the machine.
    private static func now() -> Double { MachineClock.sinceBoot() / .milliseconds(1) }
}

// MARK: - In the process beside it

extension RunWatchdog {
    /// Watches what the parent has written into descriptor 3, until there are no runs or no parent any more.
    package static func watch() async {
        guard let file = MemoryFile(inherited: 3) else { return }
        while true {
            // Half a line: it is being written.
            if let order = order(in: file.content) {
                // A parent that died, be it before this process had begun, has taken its runs along; others may have their numbers by now.
                if order.runs.isEmpty || order.parent != ProcessTable.parentOfThis { return }
                if now() > order.deadline { end(order.runs, of: order.parent) }
            } else if ProcessTable.parentOfThis == 1 {
                return
            }
            guard (try? await Task.sleep(for: .milliseconds(500))) != nil else { return }
        }
    }

    private static func order(in content: [UInt8]) -> (deadline: Double, parent: Int32, runs: [Int32])? {
        let words = String(decoding: content, as: UTF8.self).split(separator: " ")
        guard words.last == ".", words.count > 2, let deadline = Double(words[0]), let parent = Int32(words[1]) else { return nil }
        return (deadline, parent, words.dropFirst(2).dropLast().compactMap { Int32($0) })
    }

    /// Process 1 of a sandbox first: with it goes everything in there.
    private static func end(_ runs: [Int32], of parent: Int32) {
        for run in runs where ProcessTable.isChild(run, of: parent) {
            let processes = (ProcessTable.tree(run).dropFirst() + [run]).compactMap { ProcessHandle($0) }
            for process in processes { process.signal(9) }
        }
    }
}
