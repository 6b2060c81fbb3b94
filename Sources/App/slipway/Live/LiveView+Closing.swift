internal import Domain
internal import Events
import FoundationEssentials
import Log

extension LiveView {
    /// What is printed once, below the last frame, when nothing more is followed: outputs, diagnostics, one sentence.
    func closing(style: LiveStyle) -> [String] {
        var blocks: [[String]] = []
        blocks += diagnostics.map { DiagnosticBox.render($0, style: style) }
        if finish?.status == .completed, !outputs.isEmpty { blocks.append(OutputList.render(outputs, style: style)) }
        if let finish { blocks.append(sentence(finish, style)) }
        return Array(blocks.joined(separator: [""]))
    }

    /// The whole plan, one line a resource, as it stands before the question.
    func plan(style: LiveStyle) -> [String] {
        var lines: [String] = []
        if !drifted.isEmpty {
            lines.append("Changed outside of Terraform:")
            lines += drifted.map { line($0.address, $0.action, $0.reason, style) }
            lines.append("")
        }
        let changes = resources.filter { $0.phase == .waiting }
        if changes.isEmpty { return lines + ["No changes. What exists matches the code."] }
        lines.append("Terraform will perform the following actions:")
        lines += changes.map { line($0.address, $0.action, $0.reason, style) }
        if let planSummary {
            let imported = planSummary.imported > 0 ? "\(planSummary.imported) to import, " : ""
            let totals = "\(imported)\(planSummary.add) to add, \(planSummary.change) to change, \(planSummary.destroy) to destroy."
            lines += ["", style.paint.bold("Plan:") + " " + totals]
        }
        return lines
    }

    // MARK: Details

    private func line(_ address: String, _ action: ResourceAction, _ reason: String?, _ style: LiveStyle) -> String {
        let sign = TextWidth.padLeft(action.symbol, to: 3)
        let painted =
            switch action {
            case .create, .import: style.paint.green(sign)
            case .delete, .remove: style.paint.red(sign)
            case .update, .replace, .move: style.paint.yellow(sign)
            case .read, .noop: style.paint.cyan(sign)
            }
        let because = reason.map { " (\(style.symbols.clean($0.split(separator: "_").joined(separator: " "))))" } ?? ""
        return "\(painted) \(style.symbols.clean(address))\(style.paint.dim(because))"
    }

    private func sentence(_ finish: FinishReport, _ style: LiveStyle) -> [String] {
        let clean = style.symbols.clean
        let message = Harmless.lines(finish.message).filter { !$0.isEmpty }.map(clean)
        var text = message.first ?? defaultSentence(finish.status)
        if let summary = finish.summary, finish.status == .completed, finish.stage != .plan, !summary.isEmpty {
            let imported = summary.imported > 0 ? "\(summary.imported) imported, " : ""
            text += " \(imported)\(summary.add) added, \(summary.change) changed, \(summary.destroy) destroyed"
            text += finish.elapsedSeconds.map { " in \(HumanText.duration($0))." } ?? "."
        }
        // A list below the sentence keeps its lines and their indentation.
        let lines =
            TextWidth.wrap(text, to: style.width - 2)
            + message.dropFirst().flatMap { line in
                let margin = String(line.prefix { $0 == " " }.prefix(8))
                return TextWidth.wrap(line, to: max(style.width - 2 - margin.count, 1)).map { margin + $0 }
            }
        let sign =
            switch finish.status {
            case .completed: style.paint.green(style.symbols.done)
            case .failed: style.paint.red(style.symbols.failed)
            default: style.paint.yellow(style.symbols.waiting)
            }
        var result = lines.enumerated().map { $0 == 0 ? "\(sign) \(style.paint.bold($1))" : "  \(style.paint.bold($1))" }
        if isWaitingForApproval {
            result += ["  Apply it:      slipway approve \(job)", "  Turn it down:  slipway refuse \(job)"]
        } else if finish.status == .failed {
            result.append("  " + style.paint.dim("The whole log:  slipway logs \(job)"))
        } else if !finish.status.isFinal {
            result.append("  " + style.paint.dim("Watch it:  slipway status \(job) --follow"))
        }
        return result
    }

    private func defaultSentence(_ status: JobStatus) -> String {
        switch status {
        case .completed: "Done."
        case .failed: "Failed."
        case .cancelled: "Cancelled."
        case .scheduled: isWaitingForApproval ? "The plan waits for approval." : "Goes on later."
        case .retrying: "Failed for now; it is tried again."
        case .pending, .processing: "A worker goes on with it."
        }
    }
}
