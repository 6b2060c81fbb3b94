internal import Domain
package import Events
internal import FoundationEssentials
package import Sealing
package import Storage

/// A deployment's outputs: what may be shown lies open, sensitive values lie sealed.
package struct DeploymentOutputs: Sendable {
    private let database: Database
    private let keyring: Keyring

    package init(database: Database, keyring: Keyring) {
        self.database = database
        self.keyring = keyring
    }

    /// The outputs of a project.
    ///
    /// - Parameters:
    ///   - project: Whose.
    ///   - organization: The project's.
    ///   - revealing: Whether sensitive values are unsealed too.
    /// - Returns: By name; a hidden value is nil.
    /// - Throws: ``ProvisioningError`` when there is no such project.
    package func read(project: String, organization: String, revealing: Bool) async throws -> [String: OutputValue] {
        let stored = try await database.read { transaction in
            let store = DeploymentStore()
            let deployment = try store.require(project: project, organization: organization, in: transaction)
            return try store.outputs(of: deployment.id, in: transaction).map {
                (data: $0.data, sealed: $0.sealed, sealingName: deployment.sealingName)
            }
        }
        guard let stored else { return [:] }
        var outputs = try Self.shown(stored.data)
        guard revealing, let sealed = stored.sealed else { return outputs }
        let context = SealContext.outputs(organization: stored.sealingName, project: project)
        let values = try JSONDecoder().decode([String: String].self, from: Data(Envelope.open(sealed, with: keyring, context: context)))
        for (name, value) in values { outputs[name]?.value = value }
        return outputs
    }

    /// The open part of what is stored: hidden values are nil.
    static func shown(_ data: String?) throws -> [String: OutputValue] {
        try data.map { try JSONDecoder().decode([String: OutputValue].self, from: Data($0.utf8)) } ?? [:]
    }

    /// What to store: the open part as JSON, and the sensitive values sealed (nil when there are none).
    ///
    /// - Parameters:
    ///   - outputs: All with their values.
    ///   - project: Whose.
    ///   - organization: The project's, by its first name.
    /// - Returns: JSON, and a sealed blob bound to the project.
    /// - Throws: ``SealingError``.
    func sealed(_ outputs: [String: OutputValue], project: String, organization: String) throws -> (data: String, sealed: [UInt8]?) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let open = outputs.mapValues { $0.sensitive ? OutputValue(type: $0.type, value: nil, sensitive: true) : $0 }
        let data = String(decoding: try encoder.encode(open), as: UTF8.self)
        let secret = outputs.filter(\.value.sensitive).compactMapValues(\.value)
        guard !secret.isEmpty else { return (data, nil) }
        let context = SealContext.outputs(organization: organization, project: project)
        return (data, try Envelope.seal([UInt8](try encoder.encode(secret)), with: keyring, context: context, compress: true))
    }
}
