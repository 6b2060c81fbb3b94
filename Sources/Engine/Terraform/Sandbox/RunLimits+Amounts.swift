package import Domain

extension RunLimits {
    /// A limit's amount as a number: of bytes, of things, or of processors; nil only for all of the machine's processors.
    ///
    /// Setting takes what is not possible for the nearest that is, and nil only for the processors.
    package subscript(limit: RunLimit) -> Double? {
        get {
            switch limit {
            case .memory: Double(memory)
            case .processes: Double(processes)
            case .files: Double(openFiles)
            case .disk: Double(disk)
            case .log: Double(log)
            case .processors: processors
            }
        }
        set {
            let amount = newValue.map(limit.clamped)
            let whole = amount.map { Int(clamping: $0) }
            switch limit {
            case .memory: memory = whole ?? memory
            case .processes: processes = whole ?? processes
            case .files: openFiles = whole ?? openFiles
            case .disk: disk = whole ?? disk
            case .log: log = whole ?? log
            case .processors: processors = amount
            }
        }
    }

    /// These limits with an organization's own in their place.
    package func replaced(by own: OwnLimits) -> RunLimits {
        var limits = self
        for limit in RunLimit.allCases {
            guard let amount = own[limit] else { continue }
            limits[limit] = amount
            limits.own.insert(limit)
        }
        return limits
    }
}
