/// What appending to a job's events came to.
package struct AppendedEvents: Sendable {
    /// One event that wasn't there before.
    package struct Event: Sendable {
        package let ordinal: Int64
        package let event: JobEvent
        /// The payload's JSON, as it is stored.
        package let payload: String
    }

    /// The job's last ordinal now.
    package let lastOrdinal: Int64
    /// In order; those that an earlier try stored are left out.
    package let added: [Event]
}
