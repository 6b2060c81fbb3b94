internal import Domain
internal import Events
internal import FoundationEssentials

/// A job's event as it goes to the deployment's channel: its payload with the job and the ordinal.
enum DeploymentBroadcast {
    /// One event.
    static func of(_ added: AppendedEvents.Event, job: JobID, deployment: DeploymentID) -> NewBroadcast {
        // An output may have any name, also one of ours.
        let payload = added.event.name == .outputs ? "{\"outputs\":\(added.payload)}" : added.payload
        // A job's id needs no escapes.
        let head = "{\"job\":\"\(job)\",\"ordinal\":\(added.ordinal)"
        let data = payload == "{}" ? head + "}" : "\(head),\(payload.dropFirst())"
        return NewBroadcast(.deployment(deployment), name: added.event.name.rawValue, data: data)
    }

    /// Lines of the execution log, as a piece of it: `execution_log`.
    ///
    /// - Throws: What `JSONEncoder` throws.
    static func of(_ text: String, job: JobID, ordinal: Int64, deployment: DeploymentID) throws -> NewBroadcast {
        // As the log keeps it.
        let quoted = try JSONEncoder().encode(text.replacing("\0", with: "\u{FFFD}"))
        let data = "{\"job\":\"\(job)\",\"ordinal\":\(ordinal),\"text\":\(String(decoding: quoted, as: UTF8.self))}"
        return NewBroadcast(.deployment(deployment), name: "execution_log", data: data)
    }
}
