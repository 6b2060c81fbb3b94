/// A limit of what one run may take of the machine.
package enum RunLimit: String, Sendable, Hashable, CaseIterable {
    /// Of all its processes together, in bytes.
    case memory
    /// Threads included.
    case processes
    /// For each of its processes.
    case files
    /// Of its workspace, in bytes.
    case disk
    /// Of what Terraform writes, in bytes.
    case log
    /// How many of them it computes on at once.
    case processors

    /// What people write a limit in.
    package enum Unit: Sendable {
        case mebibytes, count
        /// With a fraction.
        case processors
    }

    /// What holds for a limit wherever it is set.
    package struct Rule: Sendable {
        /// The environment variable that sets it for all organizations.
        package let setting: String
        package let unit: Unit
        /// What is possible, in ``unit``: with less no run gets anywhere, and more no machine has.
        package let range: ClosedRange<Double>

        init(_ setting: String, _ range: ClosedRange<Double>, _ unit: Unit) {
            self.setting = setting
            self.unit = unit
            self.range = range
        }
    }

    /// The table of all limits, for settings, the API and the command line alike.
    package var rule: Rule {
        switch self {
        case .memory: Rule("SLIPWAY_RUN_MEMORY", 64...536_870_912, .mebibytes)
        case .processes: Rule("SLIPWAY_RUN_PROCESSES", 32...4_194_304, .count)
        case .files: Rule("SLIPWAY_RUN_FILES", 64...1_073_741_824, .count)
        case .disk: Rule("SLIPWAY_RUN_DISK", 16...536_870_912, .mebibytes)
        case .log: Rule("SLIPWAY_RUN_LOG", 1...536_870_912, .mebibytes)
        case .processors: Rule("SLIPWAY_RUN_PROCESSORS", 0.1...8192, .processors)
        }
    }
}

// MARK: - Amounts

extension RunLimit {
    /// What is possible as an amount: in bytes where people write MiB.
    package var range: ClosedRange<Double> { rule.range.lowerBound * factor...rule.range.upperBound * factor }

    /// Whether amounts have no fraction.
    package var isWhole: Bool { rule.unit != .processors }

    /// Whether it can be limited to that amount.
    package func allows(_ amount: Double) -> Bool { range.contains(amount) && (!isWhole || amount.rounded() == amount) }

    /// The nearest amount that is possible.
    package func clamped(_ amount: Double) -> Double { amount >= range.lowerBound ? min(amount, range.upperBound) : range.lowerBound }

    /// The amount that somebody wrote.
    ///
    /// - Parameter text: A number in the unit of the ``rule``.
    /// - Returns: The amount, in bytes where the text is in MiB; nil for what is no number or not possible.
    package func amount(_ text: String) -> Double? {
        let number = isWhole ? Int(text).map { Double($0) } : Double(text)
        guard let number, rule.range.contains(number) else { return nil }
        return number * factor
    }

    /// An amount as people read it: `4096 MiB`, `2048`, `1.5`.
    package func text(_ amount: Double) -> String {
        guard rule.unit == .mebibytes else { return Self.plain(amount) }
        let isRound = (amount / factor).rounded() == amount / factor
        return isRound ? "\(Self.plain(amount / factor)) MiB" : "\(Self.plain(amount)) bytes"
    }

    /// What a text for ``amount(_:)`` has to be, after "must be" or "takes".
    package var wanted: String {
        let what =
            switch rule.unit {
            case .mebibytes: "a number of MiB"
            case .count: "a whole number"
            case .processors: "a number of processors"
            }
        return "\(what) from \(Self.plain(rule.range.lowerBound)) to \(Self.plain(rule.range.upperBound))"
    }

    private var factor: Double { rule.unit == .mebibytes ? 1_048_576 : 1 }

    private static func plain(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }
}
