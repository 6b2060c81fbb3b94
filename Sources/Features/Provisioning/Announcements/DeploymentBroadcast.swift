internal import Domain
internal import Events

/// A job's event as it goes to the deployment's channel: its payload with the job and the ordinal.
enum DeploymentBroadcast {
    static func of(_ added: AppendedEvents.Event, job: JobID, deployment: DeploymentID) -> NewBroadcast {
        // An output may have any name, also one of ours.
        let payload = added.event.name == .outputs ? "{\"outputs\":\(added.payload)}" : added.payload
        // A job's id needs no escapes.
        let head = "{\"job\":\"\(job)\",\"ordinal\":\(added.ordinal)"
        let data = payload == "{}" ? head + "}" : "\(head),\(payload.dropFirst())"
        return NewBroadcast(.deployment(deployment), name: added.event.name.rawValue, data: data)
    }
}
