/// A piece of a job's log.
package struct LogDocument: Codable, Sendable {
    package let job: String
    /// Whole lines.
    package let log: String
    /// What the following piece begins after.
    package let next: Int64
    /// The job is over, and nothing follows.
    package let isEnd: Bool
    /// The job's.
    package let status: String

    static let schema = NamedSchema(
        "LogPiece",
        .object([
            .init("job", .string(), "The job"), .init("log", .string(), "Whole lines"),
            .init("next", .integer, "Give it as 'after' for what follows"),
            .init("isEnd", .boolean, "The job is over, and nothing follows"),
            .init("status", .string(), "The job's"),
        ])
    )
}
