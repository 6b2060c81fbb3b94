import Access
import Provisioning
import WebServer

/// Cloud accounts of an organization: written, and never read.
enum CredentialRoutes {
    static let all = [list, put, remove]
    private static let group = "Credentials"

    private static let schema = NamedSchema(
        "Credential",
        .object([
            .init("name", .string(), "Its name"),
            .init("provider", .string(), "aws, google …"),
            .init("variables", .list(.string()), "The names of its environment variables"),
            .init("createdAt", .moment, "When it was made"),
            .init("updatedAt", .moment, "When it was replaced"),
        ])
    )

    static let list = Route(
        "GET",
        "/api/credentials",
        name: "listCredentials",
        group: group,
        "List an organization's cloud accounts, without their values",
        needs: .organization(.read),
        answers: [.json(Schema.page(of: schema))]
    ) { call, organization in
        try .page(try await call.services.credentials.list(organization: organization.name), next: nil)
    }

    static let put = Route(
        "PUT",
        "/api/credentials/:name",
        name: "putCredential",
        group: group,
        "Keep a cloud account, sealed; one of that name is replaced",
        needs: .organization(.credentials),
        body: .json(
            .object([
                .init("variables", .dictionary(.string()), "Environment variables as the provider reads them"),
                .optional("provider", .string(), "aws, google …: only shown"),
                .optional("organization", .string(), "Whose"),
            ])
        ),
        answers: [.empty()],
        record: .handler
    ) { call, organization in
        var fields = try call.fields()
        let provider = try fields.optionalText("provider", upTo: 100) ?? "other"
        guard let values = try fields.optionalDictionary("variables", upTo: 64 * 1024) else {
            throw Problem.invalid("'variables' is missing; it must be an object of texts.")
        }
        _ = try fields.optionalText("organization")
        try fields.end()
        let name = call.parameter("name")
        guard 1...100 ~= name.utf8.count, !name.utf8.contains(0) else { throw Problem.invalid("The name must have 1 to 100 bytes.") }
        try await call.services.credentials.add(
            name: name,
            provider: provider,
            values: values,
            organization: organization.name,
            by: try call.author,
            now: call.now
        )
        return .done
    }

    static let remove = Route(
        "DELETE",
        "/api/credentials/:name",
        name: "removeCredential",
        group: group,
        "Forget a cloud account",
        needs: .organization(.credentials),
        answers: [.empty()],
        record: .handler
    ) { call, organization in
        let name = call.parameter("name")
        let isRemoved =
            name.utf8.contains(0)
            ? false
            : try await call.services.credentials.remove(
                name: name,
                organization: organization.name,
                by: try call.author,
                now: call.now
            )
        guard isRemoved else { throw Problem.notFound("There is no credential '\(name.brief)'.") }
        return .done
    }
}
