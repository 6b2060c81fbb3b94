internal import Domain
internal import Log

/// Turns a line of Terraform's output into a masked ``TerraformLine``; nothing it may write is an error.
struct EventParser: Sendable {
    private static let margin = 4096
    let redactor: Redactor

    func parse(_ line: LineSplitter.Line) -> TerraformLine {
        guard !line.isTruncated, line.bytes.first == UInt8(ascii: "{"), let json = JSONValue(parsing: line.bytes),
            let type = json["type"]?.string ?? (json["@message"] != nil ? "log" : nil)
        else {
            return plain(line)
        }
        return TerraformLine(
            event: event(type, json) ?? .unknown(type: type, raw: json.mapStrings(mask).text),
            level: json["@level"]?.string.flatMap(TerraformLine.Level.init(rawValue:)) ?? .info,
            message: text(json["@message"]?.string ?? ""),
            timestamp: json["@timestamp"]?.string.map(word)
        )
    }

    /// A line of what is no event, whatever it looks like.
    func plain(_ line: LineSplitter.Line) -> TerraformLine {
        // Half a secret at the cut would not be recognised.
        let bytes = line.bytes.dropLast(line.isTruncated ? Self.margin : 0)
        return TerraformLine(event: .plainText, message: text(String(decoding: bytes, as: UTF8.self)), isTruncated: line.isTruncated)
    }

    private func mask(_ text: String) -> String { redactor.redacted(text) }

    /// Masked, and without what a terminal would obey; line ends stay.
    private func text(_ text: String) -> String { masked(text, Harmless.text) }

    /// The same for what stands on one line: a name, an address, an id.
    private func word(_ text: String) -> String { masked(text, Harmless.line) }

    /// Masked before and after: a secret may hold what is cleaned away, or only show when something within it is.
    private func masked(_ text: String, _ clean: (String) -> String) -> String {
        let masked = mask(text)
        let cleaned = clean(masked)
        return cleaned == masked ? masked : mask(cleaned)
    }

    // MARK: - Types of events

    private func event(_ type: String, _ json: JSONValue) -> TerraformEvent? {
        switch type {
        case "version": .version(program: word(json["terraform"]?.string ?? json["tofu"]?.string ?? ""))
        case "log": .log
        case "init_output": .initOutput(code: word(json["message_code"]?.string ?? ""))
        case "planned_change": plannedChange(json["change"]).map(TerraformEvent.plannedChange)
        case "resource_drift": plannedChange(json["change"]).map(TerraformEvent.resourceDrift)
        case "change_summary": changeSummary(json["changes"])
        case "outputs": json["outputs"]?.members.map { .outputs($0.map(output)) }
        case "diagnostic": diagnostic(json["diagnostic"]).map(TerraformEvent.diagnostic)
        default: hookEvent(type, json["hook"])
        }
    }

    private func hookEvent(_ type: String, _ hook: JSONValue?) -> TerraformEvent? {
        guard let hook, let resource = resource(hook["resource"]) else { return nil }
        let action = ChangeAction(rawValue: hook["action"]?.string ?? "")
        let id = hook["id_value"]?.string.map(word)
        let elapsed = Self.elapsed(hook["elapsed_seconds"]?.double ?? 0)
        let provisioner = word(hook["provisioner"]?.string ?? "")
        return switch type {
        case "apply_start": .applyStart(resource, action, id: id)
        case "apply_progress": .applyProgress(resource, action, elapsed: elapsed)
        case "apply_complete": .applyComplete(resource, action, id: id, elapsed: elapsed)
        case "apply_errored": .applyErrored(resource, action, elapsed: elapsed)
        case "provision_start": .provisionStart(resource, provisioner: provisioner)
        case "provision_progress":
            .provisionProgress(resource, provisioner: provisioner, output: text(hook["output"]?.string ?? ""))
        case "provision_complete": .provisionComplete(resource, provisioner: provisioner)
        case "provision_errored": .provisionErrored(resource, provisioner: provisioner)
        case "refresh_start": .refreshStart(resource, id: id)
        case "refresh_complete": .refreshComplete(resource, id: id)
        default: nil
        }
    }

    /// A provider's program may write anything here; no run takes longer than a century.
    private static func elapsed(_ seconds: Double) -> Duration {
        .milliseconds(Int(clamping: min(max(0, seconds), 100 * 366 * 86_400) * 1000))
    }

    private func resource(_ json: JSONValue?) -> ResourceReference? {
        guard let json, let address = json["addr"]?.string else { return nil }
        return ResourceReference(
            address: word(address),
            module: word(json["module"]?.string ?? ""),
            type: word(json["resource_type"]?.string ?? ""),
            name: word(json["resource_name"]?.string ?? ""),
            provider: word(json["implied_provider"]?.string ?? "")
        )
    }

    private func plannedChange(_ change: JSONValue?) -> PlannedChange? {
        guard let change, let resource = resource(change["resource"]), let action = change["action"]?.string else { return nil }
        return PlannedChange(
            resource: resource,
            action: ChangeAction(rawValue: action),
            reason: change["reason"]?.string.map(word),
            previousAddress: self.resource(change["previous_resource"])?.address,
            importID: change["importing"]?["id"]?.string.map(word)
        )
    }

    private func changeSummary(_ changes: JSONValue?) -> TerraformEvent? {
        guard let changes else { return nil }
        let summary = ChangeSummary(
            add: count(changes["add"]),
            change: count(changes["change"]),
            destroy: count(changes["remove"]),
            imported: count(changes["import"])
        )
        return .changeSummary(summary, operation: changes["operation"]?.string ?? "")
    }

    /// A number of resources, of which several have room in one.
    private func count(_ json: JSONValue?) -> Int { min(max(json?.int ?? 0, 0), 1 << 40) }

    private func output(_ member: JSONValue.Member) -> OutputChange {
        // Not said means not known to be harmless.
        let isSensitive = member.value["sensitive"]?.bool ?? true
        return OutputChange(
            name: word(member.name),
            isSensitive: isSensitive,
            type: member.value["type"]?.mapStrings(mask),
            value: isSensitive ? nil : member.value["value"]?.mapStrings(mask),
            action: member.value["action"]?.string.map(ChangeAction.init(rawValue:))
        )
    }

    private func diagnostic(_ json: JSONValue?) -> Diagnostic? {
        guard let json, let severity = json["severity"]?.string else { return nil }
        let start = json["range"]?["start"]
        let snippet = json["snippet"]
        return Diagnostic(
            severity: severity == "warning" ? .warning : .error,
            summary: text(json["summary"]?.string ?? ""),
            detail: text(json["detail"]?.string ?? ""),
            address: json["address"]?.string.map(word),
            file: json["range"]?["filename"]?.string.map(word),
            line: start?["line"]?.int,
            column: start?["column"]?.int,
            code: snippet?["code"]?.string.map(text),
            context: snippet?["context"]?.string.map(word),
            values: (snippet?["values"]?.array ?? []).compactMap { value in
                guard let path = value["traversal"]?.string, let statement = value["statement"]?.string else { return nil }
                return text("\(path) \(statement)")
            }
        )
    }
}
