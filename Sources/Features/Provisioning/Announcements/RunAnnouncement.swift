internal import Domain
internal import Events
internal import FoundationEssentials

/// What an organization hears of a run: the event classes of requirement 000, with their names and fields.
enum RunAnnouncement: Sendable {
    case progress(Progress)
    case completed(Completed)
    case failed(Failed)

    struct Progress: Sendable, Encodable {
        var deployment: Int64
        var status: DeploymentStatus
        var stage: String
        /// 0–100.
        var progress: Int
        var message: String
        var metadata: [String: Int]
        var timestamp: String

        enum CodingKeys: String, CodingKey {
            case deployment = "deployment_id"
            case status, stage, progress, message, metadata, timestamp
        }
    }

    struct Completed: Sendable {
        var deployment: Int64
        /// `completed`, or `destroyed` when that was asked for.
        var status: DeploymentStatus
        /// By name; a sensitive one without its value.
        var outputs: [String: OutputValue]
        var durationSeconds: Int
        var timestamp: String

        /// Types and values are JSON already, and keep the spelling of their numbers.
        func encoded() throws -> String {
            let outputs = try outputs.sorted { $0.key < $1.key }.map { name, output in
                let quoted = String(decoding: try JSONEncoder().encode(name), as: UTF8.self)
                return "\(quoted):{\"sensitive\":\(output.sensitive),\"type\":\(output.type),\"value\":\(output.value ?? "null")}"
            }
            return "{\"deployment_id\":\(deployment),\"duration_seconds\":\(durationSeconds),"
                + "\"outputs\":{\(outputs.joined(separator: ","))},\"status\":\"\(status.rawValue)\",\"timestamp\":\"\(timestamp)\"}"
        }
    }

    struct Failed: Sendable, Encodable {
        var deployment: Int64
        var status = DeploymentStatus.failed
        var error: String
        /// Counted from 1.
        var attempt: Int
        var timestamp: String

        enum CodingKeys: String, CodingKey {
            case deployment = "deployment_id"
            case status, error, attempt, timestamp
        }
    }

    var name: String {
        switch self {
        case .progress: "TerraformProvisioningProgress"
        case .completed: "TerraformProvisioningCompleted"
        case .failed: "TerraformProvisioningFailed"
        }
    }

    func broadcast(on channel: BroadcastChannel) throws -> NewBroadcast {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data =
            switch self {
            case .progress(let payload): String(decoding: try encoder.encode(payload), as: UTF8.self)
            case .completed(let payload): try payload.encoded()
            case .failed(let payload): String(decoding: try encoder.encode(payload), as: UTF8.self)
            }
        return NewBroadcast(channel, name: name, data: data)
    }
}
