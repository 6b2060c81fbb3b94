package import Access

/// A licence, as `--json` prints it.
package struct LicenceDocument: Codable, Sendable {
    package let organization: String
    package let maxServers: Int?
    package let maxConcurrentRuns: Int?
    package let features: [String: Bool]

    package init(_ licence: Licence?, of organization: String) {
        self.organization = organization
        maxServers = licence?.maximumServers
        maxConcurrentRuns = licence?.maximumConcurrentRuns
        features = licence?.features ?? [:]
    }
}

extension LicenceDocument {
    static let schema = NamedSchema(
        "Licence",
        .object([.init("organization", .string(), "Whose")] + limits)
    )

    static let limits: [Schema.Property] = [
        .optional("maxServers", .integer, "How many servers; without it none may be bought by itself"),
        .optional("maxConcurrentRuns", .integer, "How many runs at once; without it as many as the workers take"),
        .optional("features", .dictionary(.boolean), "auto_provisioning, auto_approve_provisioning …"),
    ]
}
