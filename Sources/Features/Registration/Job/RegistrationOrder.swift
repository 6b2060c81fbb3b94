package import Domain
internal import FoundationEssentials

/// The payload of a registration's job, as JSON.
package struct RegistrationOrder: Sendable, Hashable, Codable {
    package let deployment: DeploymentID
    /// The name of the organization's key; nil: the standard one.
    package let sshKey: String?
    /// Who asked for it, for the record.
    package let requestedBy: String

    enum CodingKeys: String, CodingKey { case deployment, sshKey = "ssh_key", requestedBy = "requested_by" }

    init(deployment: DeploymentID, sshKey: String?, requestedBy: String) {
        (self.deployment, self.sshKey, self.requestedBy) = (deployment, sshKey, requestedBy)
    }

    func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// - Throws: `DecodingError` for what is no registration's.
    package static func decoded(from payload: String) throws -> RegistrationOrder {
        try JSONDecoder().decode(RegistrationOrder.self, from: Data(payload.utf8))
    }
}
