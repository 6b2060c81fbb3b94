import Access
package import FoundationEssentials
import Registration
import WebServer

/// The SSH keys of an organization; private parts are never answered.
enum SSHKeyRoutes {
    static let all = [list, put, remove]

    static let list = Route(
        "GET",
        "/api/ssh-keys",
        name: "listSSHKeys",
        group: ServerRoutes.group,
        "List an organization's SSH keys, without their private parts",
        needs: .organization(.read),
        answers: [.json(Schema.page(of: SSHKeyDocument.schema))]
    ) { call, organization in
        let keys = try await call.services.organizationKeys.keys(of: organization.id)
        return try .page(keys.map(SSHKeyDocument.init), next: nil)
    }

    static let put = Route(
        "PUT",
        "/api/ssh-keys/:name",
        name: "ensureSSHKey",
        group: ServerRoutes.group,
        "Make an SSH key; one of that name is answered as it is",
        needs: .organization(.deploy),
        answers: [.json(.named(SSHKeyDocument.schema))],
        record: .handler
    ) { call, organization in
        let name = call.parameter("name")
        let author = try call.author
        // The standard key is made by the first deploy, too; others are somebody's decision.
        if name != OrganizationKey.standard { try call.check(.credentials, in: organization.id) }
        let key = try await call.services.organizationKeys.make(name, of: organization.id, by: author)
        return try .json(encoding: SSHKeyDocument(key))
    }

    static let remove = Route(
        "DELETE",
        "/api/ssh-keys/:name",
        name: "removeSSHKey",
        group: ServerRoutes.group,
        "Forget an SSH key that opens no server",
        needs: .organization(.credentials),
        answers: [.empty()],
        record: .handler
    ) { call, organization in
        try await call.services.organizationKeys.remove(call.parameter("name"), of: organization.id, by: try call.author)
        return .done
    }
}

/// An SSH key as every JSON of the program shows it.
package struct SSHKeyDocument: Codable, Sendable {
    package let name: String
    package let publicKey: String
    package let fingerprint: String
    package let createdBy: String
    package let createdAt: Date

    init(_ key: OrganizationKey) {
        name = key.name
        publicKey = key.publicKey
        fingerprint = key.fingerprint
        createdBy = key.createdBy
        createdAt = key.createdAt
    }

    static let schema = NamedSchema(
        "SSHKey",
        .object([
            .init("name", .string(), "Its name"), .init("publicKey", .string(), "One line, as authorized_keys takes it"),
            .init("fingerprint", .string(), "SHA256:…"), .init("createdBy", .string(), "Who made it"),
            .init("createdAt", .moment, "When"),
        ])
    )
}
