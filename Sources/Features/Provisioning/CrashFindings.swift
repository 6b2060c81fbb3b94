package import Events
internal import Log

/// What an attempt that died in the middle of an apply may have left behind in the cloud.
package struct CrashFindings: Sendable, Equatable {
    /// Resources that were being worked on: they may exist, and the state may not know them.
    package private(set) var inFlight: [ResourceReport] = []
    /// Resources that Terraform reported as done and that the state nevertheless doesn't have.
    package private(set) var unrecorded: [ResourceReport] = []

    /// Nothing may exist that the state doesn't know: a change or a deletion that was cut off is simply tried again.
    package var isHarmless: Bool { unrecorded.isEmpty && !inFlight.contains { $0.action == .create || $0.action == .replace } }

    /// Reads what one attempt reported.
    ///
    /// - Parameters:
    ///   - events: The attempt's events, in order.
    ///   - addresses: The addresses of the resources in the newest state.
    package init(events: [JobEvent], stateAddresses addresses: Set<String>) {
        var open: [String: ResourceReport] = [:]
        var created: [String: ResourceReport] = [:]
        var order: [String] = []
        for case .resource(let report) in events {
            switch report.phase {
            case .started:
                open[report.address] = report
                order.append(report.address)
            case .completed:
                open[report.address] = nil
                created[report.address] = report.action == .delete ? nil : report
            case .errored:
                open[report.address] = nil
            case .progress, .refreshStarted, .refreshed: break
            }
        }
        var seen: Set<String> = []
        for address in order where seen.insert(address).inserted {
            if let report = open[address] { inFlight.append(report) }
            if let report = created[address], !Self.has(address, in: addresses), report.idValue != nil { unrecorded.append(report) }
        }
    }

    /// Whether an address, as events have it, is among the state's.
    ///
    /// A credential `test` masks the name in `aws_instance.test`, too: then what is left of the address has to do.
    private static func has(_ address: String, in addresses: Set<String>) -> Bool {
        // Events have addresses without what a terminal would obey.
        if addresses.contains(address) || addresses.contains(where: { Harmless.line($0) == address }) { return true }
        guard let first = address.firstRange(of: Redactor.mask) else { return false }
        let (start, end) = (address[..<first.lowerBound], address[first.upperBound...].split(separator: Redactor.mask).last ?? "")
        return addresses.contains { $0.hasPrefix(start) && $0.hasSuffix(end) }
    }

    /// The list, and the commands that settle it.
    ///
    /// - Parameter project: Named in the commands.
    /// - Returns: Several lines.
    package func explanation(project: String) -> String {
        var lines = [
            inFlight.isEmpty
                ? "Terraform reported resources that are not in the state:"
                : "Terraform was cut off while it changed resources, which may exist without being in the state:"
        ]
        for report in inFlight { lines.append("  - \(report.address) was being \(Self.participle(report.action))") }
        for report in unrecorded {
            lines.append(
                "  - \(report.address) was reported done (\(report.idKey ?? "id") \(report.idValue ?? "unknown")) and is not in the state"
            )
        }
        lines.append(
            "Look for them in the cloud's console, add an `import` block for each one that exists or delete it there, and then run"
        )
        lines.append("`slipway deploy DIR --project \(project)` again. With --resume-after-crash a job goes on by itself after a crash.")
        return lines.joined(separator: "\n")
    }

    private static func participle(_ action: ResourceAction) -> String {
        switch action {
        case .create: "created"
        case .update: "changed"
        case .replace: "replaced"
        case .delete: "deleted"
        default: "worked on"
        }
    }
}
