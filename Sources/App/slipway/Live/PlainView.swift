internal import Domain
internal import Events
import Log

/// The events of a job as lines of plain text, for pipes, files and CI: each says by itself what happened, and its format is stable.
struct PlainView: Sendable {
    enum Detail: Sendable, Equatable {
        /// Diagnostics, outputs and the end.
        case quiet
        case normal
        /// Terraform's own output, too.
        case verbose
    }

    let job: JobID
    var detail = Detail.normal
    var symbols = Symbols.unicode
    private var stage: JobStage?
    private var message = ""

    init(job: JobID, detail: Detail = .normal, symbols: Symbols = .unicode) {
        self.job = job
        self.detail = detail
        self.symbols = symbols
    }

    /// The lines for the next event, without line ends; none for what says nothing new.
    mutating func lines(for event: JobEvent) -> [String] {
        switch event {
        case .diagnostic(let diagnostic): diagnosticLines(diagnostic)
        case .outputs(let outputs): outputs.isEmpty ? [] : ["outputs:"] + OutputList.lines(outputs, symbols: symbols).map { "  " + $0 }
        case .finished(let report): finishLines(report)
        case .log(let line):
            detail == .verbose ? Harmless.lines(line.text).filter { !$0.isEmpty }.map { "terraform: \(symbols.clean($0))" } : []
        default: detail == .quiet ? [] : progress(event)
        }
    }

    private mutating func progress(_ event: JobEvent) -> [String] {
        switch event {
        case .stage(let report):
            // Progress within a stage is what the lines of its resources say.
            guard report.stage != stage || (report.message != message && !report.message.isEmpty && !isAboutResources(report.stage)) else {
                return []
            }
            stage = report.stage
            message = report.message
            return ["\(report.stage.rawValue): \(symbols.clean(report.message.isEmpty ? "begins" : report.message)) (\(report.progress)%)"]
        case .environment(let report):
            let parts = [report.program, report.sandbox, report.network ?? "", "attempt \(report.attempt)", report.worker].filter {
                !$0.isEmpty
            }
            return ["with: \(parts.map(symbols.clean).joined(separator: "; "))"]
        case .planned(let change): return change.action == .noop ? [] : ["planned: \(described(change))"]
        case .drift(let change): return ["drifted: \(described(change))"]
        case .planSummary(let summary):
            let imported = summary.imported > 0 ? "\(summary.imported) to import, " : ""
            return ["plan: \(imported)\(summary.add) to add, \(summary.change) to change, \(summary.destroy) to destroy"]
        case .resource(let report): return resource(report)
        case .server(let report): return server(report)
        case .provisioner(let output): return ["\(symbols.clean(output.address)): \(symbols.clean(output.text))"]
        case .stateSaved(let report):
            return detail == .verbose ? ["state: version \(report.version), \(HumanText.count(report.resources, "resource"))"] : []
        default: return []
        }
    }

    private func isAboutResources(_ stage: JobStage) -> Bool { [.apply, .destroy, .rollback].contains(stage) }

    private func described(_ change: PlannedChange) -> String {
        let because = change.reason.map { " (\(symbols.clean($0.split(separator: "_").joined(separator: " "))))" } ?? ""
        return "\(change.action.rawValue) \(symbols.clean(change.address))\(because)"
    }

    private func resource(_ report: ResourceReport) -> [String] {
        let elapsed = report.elapsedSeconds.map { HumanText.duration($0) }
        let name = symbols.clean(report.address)
        switch report.phase {
        case .started: return ["\(name): \(report.action.runningWord)"]
        case .progress: return ["\(name): still \(report.action.runningWord)\(elapsed.map { ", \($0)" } ?? "")"]
        case .completed:
            let identity = report.idValue.map { " (\(report.idKey ?? "id") \(symbols.clean($0)))" } ?? ""
            return ["\(name): \(report.action.doneWord)\(elapsed.map { " after \($0)" } ?? "")\(identity)"]
        case .errored: return ["\(name): failed\(elapsed.map { " after \($0)" } ?? "")"]
        case .refreshStarted, .refreshed: return detail == .verbose && report.phase == .refreshed ? ["\(name): refreshed"] : []
        }
    }

    private func server(_ report: ServerReport) -> [String] {
        let name = symbols.clean(report.server)
        switch report.phase {
        case .running: return ["\(name): \(symbols.clean(report.message))"]
        case .ready:
            return [
                "\(name): ready\(report.elapsedSeconds.map { " after \(HumanText.duration($0))" } ?? "") (\(symbols.clean(report.address)))"
            ]
        case .failed: return ["\(name): not ready: \(symbols.clean(report.message))"]
        }
    }

    private func diagnosticLines(_ diagnostic: DiagnosticReport) -> [String] {
        var place = diagnostic.file.map { symbols.clean($0) + (diagnostic.line.map { ":\($0)" } ?? "") + ": " } ?? ""
        if diagnostic.file == nil, let address = diagnostic.address { place = symbols.clean(address) + ": " }
        let address = diagnostic.file == nil ? "" : diagnostic.address.map { " (\(symbols.clean($0)))" } ?? ""
        let head = "\(diagnostic.severity.rawValue): \(place)\(symbols.clean(diagnostic.summary))\(address)"
        let advice = diagnostic.advice.map { "What to do: \($0)" } ?? ""
        let rest = [diagnostic.detail, advice].filter { !$0.isEmpty }.flatMap(Harmless.lines).filter { !$0.isEmpty }
        return [head] + rest.map { "  " + symbols.clean($0) }
    }

    private func finishLines(_ report: FinishReport) -> [String] {
        let message = Harmless.lines(report.message).filter { !$0.isEmpty }.map(symbols.clean)
        var text = message.first ?? report.stage.rawValue
        if let summary = report.summary, report.status == .completed, report.stage != .plan {
            text += " \(summary.add) added, \(summary.change) changed, \(summary.destroy) destroyed"
            text += report.elapsedSeconds.map { " in \(HumanText.duration($0))." } ?? "."
        }
        if report.status == .scheduled, report.stage == .approval { text += " Apply it with: slipway approve \(job)" }
        return ["\(report.status.rawValue): \(text)"] + message.dropFirst().map { "  " + $0 }
    }
}
