/// How much of its states' history an organization keeps.
package struct RetentionDocument: Codable, Sendable {
    package let organization: String
    /// The newest so many of each state.
    package let versions: Int
    /// And everything younger.
    package let days: Int
    /// False: as it is configured for all organizations.
    package let isOwn: Bool

    static let schema = NamedSchema(
        "Retention",
        .object([
            .init("organization", .string(), "Whose"), .init("versions", .integer, "The newest so many of each state"),
            .init("days", .integer, "And everything younger"),
            .init("isOwn", .boolean, "False: as it is configured for all organizations"),
        ])
    )
}
