package import Domain

/// The most that one run may take of the machine.
package struct RunLimits: Sendable, Hashable {
    /// What a run is ended for; a ``RunLimit`` has the same name.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case memory, processes, disk, log

        /// As a person reads it, after "more … than".
        var noun: String {
            switch self {
            case .memory: "memory"
            case .processes: "processes and threads"
            case .disk: "room in its workspace"
            case .log: "output"
            }
        }

        var limit: RunLimit {
            switch self {
            case .memory: .memory
            case .processes: .processes
            case .disk: .disk
            case .log: .log
            }
        }
    }

    /// A limit that was exceeded.
    package struct Excess: Sendable, Hashable {
        package let kind: Kind
        /// In bytes, or for processes their number.
        package let limit: Int
        /// What was seen.
        package let peak: Int
        /// Whether the limit is the organization's own.
        package internal(set) var isOwn = false
        /// Whether it might have taken more if other runs didn't need the rest.
        package let isForOthers: Bool

        package init(_ kind: Kind, limit: Int, peak: Int, isForOthers: Bool = false) {
            self.kind = kind
            self.limit = limit
            self.peak = peak
            self.isForOthers = isForOthers
        }

        /// For people, without its full stop.
        package var sentence: String {
            let (most, reason, remedy) =
                isForOthers
                ? ("than it was promised", ", where other runs need what is left", "run fewer at once, or give the machine more memory")
                : ("than a run may", "", "or raise \(self.remedy)")
            return "Terraform or what it started took more \(kind.noun) \(most) (\(text(limit)); it was seen at \(text(peak)))\(reason) "
                + "and was killed: let it take less, \(remedy)"
        }

        /// Where the limit is raised.
        private var remedy: String {
            isOwn ? "the organization's limit with `slipway org limits NAME --\(kind.limit.rawValue)`" : kind.limit.rule.setting
        }

        private func text(_ amount: Int) -> String {
            kind == .processes ? "\(amount)" : amount < 10 << 20 ? "\(amount >> 10) KiB" : "\(amount >> 20) MiB"
        }
    }

    /// Of all its processes together, in bytes, without what they share with files.
    package var memory: Int
    /// Threads included, of which a provider has some thirty.
    package var processes: Int
    /// Descriptors, for each process.
    package var openFiles: Int
    /// Of its workspace, in bytes.
    package var disk: Int
    /// Of what Terraform writes, in bytes.
    package var log: Int
    /// How many of the machine's processors it computes on at once, 0.1 and more; nil for all of them.
    ///
    /// Nothing is killed for it.
    package var processors: Double?
    /// Which of them are the organization's own, not configured for all.
    package internal(set) var own: Set<RunLimit> = []

    /// The defaults suit a large configuration with the AWS provider, which takes 450 MB, 100 threads and a few hundred files.
    package init(
        memory: Int = 4 << 30,
        processes: Int = 2048,
        openFiles: Int = 16_384,
        disk: Int = 2 << 30,
        log: Int = 256 << 20,
        processors: Double? = nil
    ) {
        self.memory = memory
        self.processes = processes
        self.openFiles = openFiles
        self.disk = disk
        self.log = log
        self.processors = processors
    }

    /// For people.
    package var sentence: String {
        let ofOrganization = RunLimit.allCases.filter(own.contains).map(\.rawValue).joined(separator: ", ")
        return "memory \(memory >> 20) MiB, \(processes) processes and threads, \(openFiles) open files, workspace \(disk >> 20) MiB, "
            + "output \(log >> 20) MiB, \(processors.map(RunLimit.processors.text) ?? "all") processors"
            + (own.isEmpty ? "" : "; the organization's own: \(ofOrganization)")
    }

    /// What the kernel itself watches in each process, as prlimit(1) takes it.
    ///
    /// No file may be larger than the workspace, and nothing leaves an image of its memory behind, with secrets in it.
    ///
    /// - Parameter isShared: The runs are all of one user in one namespace: the kernel counts the processes of all of them together, and one run's
    ///   must not leave none to the others. What each of them has is looked at from outside.
    /// - Returns: Options of prlimit(1).
    func arguments(userIsShared isShared: Bool) -> [String] {
        let processes = isShared ? min(processes, Int.max / 16) * 16 : processes
        return [
            "--nproc=\(processes):\(processes)", "--nofile=\(openFiles):\(openFiles)", "--fsize=\(disk):\(disk)", "--core=0:0",
        ]
    }

    /// Room that is kept free for every run, in bytes, and that most never exceed; one that does so may be ended for another's sake.
    static let reserved = WorkspaceRoot.roomNeeded
}
