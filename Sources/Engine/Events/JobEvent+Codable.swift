internal import Domain
internal import FoundationEssentials

extension JobEvent {
    /// What kind of event it is: the `name` column and the `type` field.
    package enum Name: String, Sendable, Codable, CaseIterable {
        case stage, environment, planned, drift, resource, provisioner, log, diagnostic, outputs, server, finished
        case planSummary = "plan_summary"
        case stateSaved = "state_saved"
    }

    package var name: Name {
        switch self {
        case .stage: .stage
        case .environment: .environment
        case .planned: .planned
        case .drift: .drift
        case .planSummary: .planSummary
        case .resource: .resource
        case .provisioner: .provisioner
        case .log: .log
        case .diagnostic: .diagnostic
        case .outputs: .outputs
        case .stateSaved: .stateSaved
        case .server: .server
        case .finished: .finished
        }
    }

    /// The payload as JSON, keys sorted, without ``name``.
    package func encodedPayload() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data =
            switch self {
            case .stage(let payload): try encoder.encode(payload)
            case .environment(let payload): try encoder.encode(payload)
            case .planned(let payload), .drift(let payload): try encoder.encode(payload)
            case .planSummary(let payload): try encoder.encode(payload)
            case .resource(let payload): try encoder.encode(payload)
            case .provisioner(let payload): try encoder.encode(payload)
            case .log(let payload): try encoder.encode(payload)
            case .diagnostic(let payload): try encoder.encode(payload)
            case .outputs(let payload): try encoder.encode(payload)
            case .stateSaved(let payload): try encoder.encode(payload)
            case .server(let payload): try encoder.encode(payload)
            case .finished(let payload): try encoder.encode(payload)
            }
        return String(decoding: data, as: UTF8.self)
    }

    /// Reads back what ``encodedPayload()`` wrote.
    ///
    /// - Throws: `DecodingError` when the payload is of another shape.
    package init(name: Name, payload: String) throws {
        let decoder = JSONDecoder()
        let data = Data(payload.utf8)
        self =
            switch name {
            case .stage: .stage(try decoder.decode(StageReport.self, from: data))
            case .environment: .environment(try decoder.decode(EnvironmentReport.self, from: data))
            case .planned: .planned(try decoder.decode(PlannedChange.self, from: data))
            case .drift: .drift(try decoder.decode(PlannedChange.self, from: data))
            case .planSummary: .planSummary(try decoder.decode(ChangeSummary.self, from: data))
            case .resource: .resource(try decoder.decode(ResourceReport.self, from: data))
            case .provisioner: .provisioner(try decoder.decode(ProvisionerOutput.self, from: data))
            case .log: .log(try decoder.decode(LogLine.self, from: data))
            case .diagnostic: .diagnostic(try decoder.decode(DiagnosticReport.self, from: data))
            case .outputs: .outputs(try decoder.decode([String: OutputValue].self, from: data))
            case .stateSaved: .stateSaved(try decoder.decode(StateReport.self, from: data))
            case .server: .server(try decoder.decode(ServerReport.self, from: data))
            case .finished: .finished(try decoder.decode(FinishReport.self, from: data))
            }
    }
}
