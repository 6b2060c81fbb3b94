/// What somebody decided about a job.
package struct DecisionDocument: Codable, Sendable {
    package let job: String
    /// `approved`, `refused`, `cancelled`, `cancelling`.
    package let decision: String
    /// The job's status now.
    package let status: String
    package let message: String

    static let schema = NamedSchema(
        "Decision",
        .object([
            .init("job", .string(), "The job"), .init("decision", .string(), "approved, refused, cancelled or cancelling"),
            .init("status", .string(), "The job's status now"), .init("message", .string(), "What follows"),
        ])
    )
}
