internal import Domain
package import Events
package import FoundationEssentials
internal import Terraform

/// What a job reported since, and where it stands: enough to follow it.
package struct JobProgress: Sendable {
    package struct Event: Sendable {
        /// Counted from 1 per job, without gaps.
        package let ordinal: Int64
        package let at: Date
        /// Nil for a kind that this program doesn't know.
        package let event: JobEvent?
    }

    /// In order.
    package let events: [Event]
    /// The newest event's, whether it is among them or not; 0: there is none.
    package let lastOrdinal: Int64
    /// As it stood when the events were read, or before: when it is over and there are no events, there will be none.
    package let job: JobDocument
    package let waits: WaitReason?

    /// Reads the answer of `GET /api/jobs/:job/events`.
    ///
    /// - Throws: ``Problem`` for anything else.
    package init(parsing answer: [UInt8]) throws {
        guard let json = JSONValue(parsing: answer), let items = json["items"]?.array, let job = json["job"],
            let last = json["lastOrdinal"]?.int
        else { throw Problem(status: 502, body: []) }
        events = items.compactMap { item in
            guard let ordinal = item["ordinal"]?.int, let at = item["at"]?.string.flatMap(Timestamp.date) else { return nil }
            // A payload of another shape is a newer program's.
            let event = item["type"]?.string.flatMap(JobEvent.Name.init).flatMap { name in
                try? JobEvent(name: name, payload: item["data"]?.text ?? "{}")
            }
            return Event(ordinal: Int64(ordinal), at: at, event: event)
        }
        lastOrdinal = Int64(last)
        self.job = try JSONDocument.read(Array(job.text.utf8))
        waits = try json["waits"].map { try JSONDocument.read(Array($0.text.utf8)) }
    }
}
