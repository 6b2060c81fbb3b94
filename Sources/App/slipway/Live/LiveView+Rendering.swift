internal import Domain
internal import Events
import FoundationEssentials

/// How the view's lines look.
struct LiveStyle: Sendable {
    var width: Int
    var paint: Paint = .plain
    var symbols: Symbols = .unicode
}

extension LiveView {
    /// The moving part: at most `height` lines, none wider than the style's width.
    ///
    /// Rows go first to what is running or has failed, then to what is done last, then to what waits; a line says how many are left out.
    func render(height: Int, now: Date, style: LiveStyle) -> [String] {
        // A low window has no room for blanks and for stages that are over.
        let isLow = height < 14
        let stages = stageLines(now: now, style)
        let head = [header(style)] + (isLow ? stages.dropFirst(current ?? 0).prefix(1) : stages[...])
        let foot = [totals(now: now, style)]
        let room = max(0, height - head.count - foot.count - (isLow ? 0 : 2))
        var middle = room > 0 ? resourceLines(room: room, now: now, style) : []
        if !middle.isEmpty, !isLow { middle = [""] + middle + [""] }
        let lines = head + middle + foot
        // A very small window: what is newest matters most.
        return lines.count > height ? Array(lines.suffix(max(height, 1))) : lines
    }

    // MARK: Head

    private func header(_ style: LiveStyle) -> String {
        let dot = " \(style.symbols.dot) "
        let title = "\(isCancelling && !isOver ? "Cancelling" : verb) \(style.symbols.clean(project))"
        let rest = [job.rawValue, style.symbols.clean(organization)].map { dot + $0 }.joined()
        let shown = TextWidth.truncate(title, to: style.width, ellipsis: style.symbols.ellipsis)
        let room = style.width - TextWidth.columns(shown)
        return style.paint.bold(shown)
            + (room > 12 ? style.paint.dim(TextWidth.truncate(rest, to: room, ellipsis: style.symbols.ellipsis)) : "")
    }

    private func stageLines(now: Date, _ style: LiveStyle) -> [String] {
        if stages.isEmpty {
            return [
                "  " + style.paint.cyan(spin(now, style)) + " "
                    + TextWidth.truncate(style.symbols.clean(notice ?? waiting), to: style.width - 4)
            ]
        }
        let name = stages.map { $0.stage.rawValue.count }.max() ?? 0
        // Name, bar, percent, elapsed; the message takes what is left.
        let time = style.width < 32 ? 0 : 7
        let bar = min(max(style.width - name - 13 - time, 3), style.width >= 100 ? 40 : 24)
        return stages.map { stage in
            let isRollback = stage.stage == .rollback
            let counted = isRollback ? resources.filter { $0.action == .delete } : resources
            let percent = stage.percent(done: counted.count { $0.phase == .done }, total: counted.count)
            let filled = bar * percent / 100
            let done = String(repeating: style.symbols.barDone, count: filled)
            let left = String(repeating: style.symbols.barLeft, count: bar - filled)
            let elapsed = time == 0 ? "" : TextWidth.padLeft(HumanText.duration(stage.elapsed(now: now)), to: time)
            let start = "  \(TextWidth.pad(stage.stage.rawValue, to: name))  "
            let room = style.width - TextWidth.columns(start) - bar - 5 - time - 2
            let message =
                stage.phase == .running && room >= 10
                ? "  " + TextWidth.truncate(text(of: stage, style), to: room, ellipsis: style.symbols.ellipsis) : ""
            return start + colour(stage.phase, done, style) + style.paint.dim(left) + TextWidth.padLeft("\(percent)%", to: 5) + elapsed
                + style.paint.dim(message)
        }
    }

    private func text(of stage: StageBar, _ style: LiveStyle) -> String {
        if stage.stage == .plan || stage.stage == .refresh, refreshed > 0 { return "\(HumanText.count(refreshed, "resource")) read" }
        return style.symbols.clean(stage.message)
    }

    private func colour(_ phase: StageBar.Phase, _ text: String, _ style: LiveStyle) -> String {
        switch phase {
        case .running: style.paint.cyan(text)
        case .done: style.paint.green(text)
        case .failed: style.paint.red(text)
        case .cancelled: style.paint.yellow(text)
        }
    }

    // MARK: Resources

    private func resourceLines(room: Int, now: Date, _ style: LiveStyle) -> [String] {
        guard resources.count > room else { return lines(resources, now: now, style) }
        let chosen = chosen(room - 1)
        let shown = resources.enumerated().filter { chosen.contains($0.offset) }.map(\.element)
        let hidden = resources.enumerated().filter { !chosen.contains($0.offset) }.map(\.element)
        let words: [(ResourceLine.Phase, String)] = [(.failed, "failed"), (.running, "running"), (.done, "done"), (.waiting, "waiting")]
        let counts = words.compactMap { phase, word in
            let count = hidden.count { $0.phase == phase }
            return count == 0 ? nil : "\(count) \(word)"
        }
        let all = counts.count == 1 ? ", \(counts[0].drop { $0 != " " }.dropFirst())" : ": \(counts.joined(separator: ", "))"
        let rest = "\(style.symbols.ellipsis) and \(hidden.count) more\(all)"
        return lines(shown, now: now, style) + [
            "  " + style.paint.dim(TextWidth.truncate(rest, to: style.width - 2, ellipsis: style.symbols.ellipsis))
        ]
    }

    /// The positions of the resources that get one of `room` rows.
    private func chosen(_ room: Int) -> Set<Int> {
        let order: [ResourceLine.Phase] = [.failed, .running, .waiting, .done]
        var positions: [Int] = []
        for phase in order.prefix(2) { positions += resources.indices.filter { resources[$0].phase == phase } }
        // The ones that ended last, so that one sees what just happened; then those that come next.
        positions += resources.indices.filter { resources[$0].phase == .done }.suffix(max(0, (room - positions.count + 1) / 2))
        positions += resources.indices.filter { resources[$0].phase == .waiting }
        return Set(positions.prefix(max(0, room)))
    }

    private func lines(_ shown: [ResourceLine], now: Date, _ style: LiveStyle) -> [String] {
        guard !shown.isEmpty else { return [] }
        let addresses = shown.map { style.symbols.clean($0.address) }
        // What was still running when the job ended was cut off.
        let words = shown.map { isOver && $0.phase == .running ? "interrupted" : $0.word }
        let word = words.map(\.count).max() ?? 0
        // Symbol, address, action, elapsed: the address gives way; a very narrow window shows no time.
        let time = style.width < 36 ? 0 : 9
        let room = max(4, style.width - 4 - 2 - word - time)
        let address = min(addresses.map(TextWidth.columns).max() ?? 0, room)
        return shown.indices.map { position in
            let resource = shown[position]
            let name = TextWidth.pad(
                TextWidth.truncateMiddle(addresses[position], to: address, ellipsis: style.symbols.ellipsis),
                to: address
            )
            let elapsed = resource.elapsed(now: now).map { HumanText.duration($0) } ?? ""
            let end = time == 0 ? "" : "  " + TextWidth.padLeft(elapsed, to: 7)
            let left = style.width - 4 - address - 2 - word - time - 2
            let note = note(resource, room: left, style)
            let isLast = note.isEmpty && elapsed.isEmpty
            let action = paint(resource, isLast ? words[position] : TextWidth.pad(words[position], to: word), style)
            let line = "  \(symbol(resource, now, style)) \(name)  \(action)"
            return isLast ? line : line + end + (note.isEmpty ? "" : "  " + style.paint.dim(note))
        }
    }

    private func note(_ resource: ResourceLine, room: Int, _ style: LiveStyle) -> String {
        guard room >= 8 else { return "" }
        let text =
            switch resource.phase {
            case .running: resource.output ?? ""
            case .done: resource.identity ?? ""
            case .waiting: resource.reason.map { "because: " + $0.split(separator: "_").joined(separator: " ") } ?? ""
            case .failed: resource.output ?? ""
            }
        return TextWidth.truncate(style.symbols.clean(text), to: room, ellipsis: style.symbols.ellipsis)
    }

    private func symbol(_ resource: ResourceLine, _ now: Date, _ style: LiveStyle) -> String {
        switch resource.phase {
        case .waiting: style.paint.dim(style.symbols.waiting)
        case .running: style.paint.cyan(spin(now, style))
        case .done: style.paint.green(style.symbols.done)
        case .failed: style.paint.red(style.symbols.failed)
        }
    }

    private func paint(_ resource: ResourceLine, _ word: String, _ style: LiveStyle) -> String {
        switch resource.phase {
        case .waiting: style.paint.dim(word)
        case .running: resource.action == .delete ? style.paint.yellow(word) : word
        case .done: style.paint.green(word)
        case .failed: style.paint.red(word)
        }
    }

    private func spin(_ now: Date, _ style: LiveStyle) -> String {
        let tenths = Int(clamping: (now.timeIntervalSince(started) * 10).rounded(.down))
        let frames = style.symbols.spinner
        return isOver ? style.symbols.waiting : frames[((tenths % frames.count) + frames.count) % frames.count]
    }

    // MARK: Foot

    private func totals(now: Date, _ style: LiveStyle) -> String {
        var parts: [String] = []
        if !resources.isEmpty {
            parts.append("\(count(.done)) of \(resources.count) done")
            if count(.running) > 0 { parts.append("\(count(.running)) running") }
            if count(.failed) > 0 { parts.append("\(count(.failed)) failed") }
        }
        let warnings = diagnostics.count { $0.severity == .warning }
        let errors = diagnostics.count - warnings
        if errors > 0 { parts.append(HumanText.count(errors, "error")) }
        if warnings > 0 { parts.append(HumanText.count(warnings, "warning")) }
        parts.append(HumanText.duration((finishedAt ?? now).timeIntervalSince(started)))
        if let planSummary { parts.append("plan \(planSummary)") }
        if let notice, !stages.isEmpty, !isOver { parts.insert(style.symbols.clean(notice), at: 0) }
        if isCancelling, !isOver { parts.insert("Ctrl-C again leaves it to a worker", at: 0) }
        // What doesn't fit is left out, the least important first.
        let dot = " \(style.symbols.dot) "
        while parts.count > 1, TextWidth.columns(parts.joined(separator: dot)) > style.width - 2 { parts.removeLast() }
        return "  " + TextWidth.truncate(parts.joined(separator: dot), to: style.width - 2, ellipsis: style.symbols.ellipsis)
    }
}
