package import Domain
internal import Terraform

/// What one run of an organization may take of the machine, as `--json` prints it.
package struct LimitsDocument: Codable, Sendable {
    package let memoryBytes: Int
    package let processes: Int
    package let openFiles: Int
    package let diskBytes: Int
    package let logBytes: Int
    /// Nil: all that the machine has.
    package let processors: Double?
    /// The names of those above that the organization has of its own; the others are configured for all organizations.
    package let own: [String]

    init(_ limits: RunLimits) {
        memoryBytes = limits.memory
        processes = limits.processes
        openFiles = limits.openFiles
        diskBytes = limits.disk
        logBytes = limits.log
        processors = limits.processors
        own = RunLimit.allCases.filter(limits.own.contains).map(\.field)
    }

    /// A limit's amount; nil: all that the machine has.
    package subscript(limit: RunLimit) -> Double? {
        switch limit {
        case .memory: Double(memoryBytes)
        case .processes: Double(processes)
        case .files: Double(openFiles)
        case .disk: Double(diskBytes)
        case .log: Double(logBytes)
        case .processors: processors
        }
    }

    /// Whether the organization has a limit of its own.
    package func isOwn(_ limit: RunLimit) -> Bool { own.contains(limit.field) }
}

extension RunLimit {
    /// Its name in documents and bodies.
    package var field: String {
        switch self {
        case .memory: "memoryBytes"
        case .processes: "processes"
        case .files: "openFiles"
        case .disk: "diskBytes"
        case .log: "logBytes"
        case .processors: "processors"
        }
    }
}

// MARK: - As the API describes them

extension LimitsDocument {
    static let schema = NamedSchema(
        "RunLimits",
        .object(
            RunLimit.allCases.map { limit in
                limit == .processors
                    ? .optional(limit.field, .number, "\(limit.summary); absent: all that the machine has")
                    : .init(limit.field, .integer, limit.summary)
            } + [
                .init(
                    "own",
                    .list(.choice(RunLimit.allCases.map(\.field))),
                    "Limits that are set for the organization; the others are as configured for all organizations"
                )
            ]
        )
    )

    /// What a request sets.
    static let fields = RunLimit.allCases.map { limit in
        Schema.Property.optional(limit.field, .nullable(limit.schema), "\(limit.summary); null: as configured for all organizations")
    }
}

extension RunLimit {
    fileprivate var schema: Schema { isWhole ? .whole(wholeRange) : .decimal(range) }

    /// Of one without fractions.
    var wholeRange: ClosedRange<Int> { Int(clamping: range.lowerBound)...Int(clamping: range.upperBound) }

    fileprivate var summary: String {
        switch self {
        case .memory: "Memory of all processes of a run together, in bytes"
        case .processes: "Number of processes and threads of a run"
        case .files: "Number of files that each process of a run has open"
        case .disk: "Size of a run's workspace, in bytes"
        case .log: "Size of what Terraform writes in a run, in bytes"
        case .processors: "Number of processors that a run computes on at once"
        }
    }
}
