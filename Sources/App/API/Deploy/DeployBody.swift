import Access
import Provisioning
import Sealing
import Terraform

/// What is sent to deploy a project: JSON with the code in it, or a `tar.gz` with the rest in the query.
struct DeployBody: Sendable {
    /// Larger JSON is refused: code is small; data belongs in the archive.
    static let limit = 16 << 20
    /// What an archive may hold when it is unpacked, headers included.
    private static let archiveLimit = SourceFiles.byteLimit + (12 << 20)

    static let schema = Schema.object([
        .init("projectId", .name(upTo: 100), "The project; each has its own state"),
        .init(
            "iacCode",
            .either([.string(), .dictionary(.string())]),
            "Terraform code: the content of main.tf, or an object of file names to contents"
        ),
        .optional("organization", .string(), "Whose project; the token's own, or 'default'"),
        .optional("credentials", .list(.string()), "Names of credentials that Terraform gets; 'default' unless given, when there is one"),
        .optional("variables", .dictionary(.string()), "Values of Terraform variables, as -var takes them"),
        .optional("environment", .dictionary(.string()), "Environment variables for Terraform; sealed, and gone when the job is over"),
        .optional("planFirst", .boolean, "Keep the plan, and wait for someone to approve it"),
        .optional("rollback", .boolean, "Destroy what was made when the last attempt fails"),
        .optional("resumeAfterCrash", .boolean, "Go on by itself after a crash during apply"),
        .optional("timeoutSeconds", .whole(1...604_800), "Of one attempt; 1800 unless given"),
    ])

    static let shape = BodyShape(
        content: [("application/json", schema), ("application/gzip", .string(format: "binary"))],
        limit: limit,
        isRequired: true
    )

    /// What an archive can't say.
    static let query = [
        QueryParameter("projectId", .string(), "With an archive: the project"),
        QueryParameter("planFirst", .boolean, "With an archive: wait for approval"),
        QueryParameter("rollback", .boolean, "With an archive: destroy what was made when the last attempt fails"),
        QueryParameter("credential", .string(), "With an archive: the name of a credential"),
    ]

    /// Reads the request.
    ///
    /// - Throws: ``Problem`` naming the field that is wrong; what the source refuses.
    static func read(_ call: Call, in organization: WorkingOrganization) async throws -> RunRequest {
        if call.json == nil { return try archive(call, in: organization) }
        var fields = try call.fields()
        let project = try fields.text("projectId")
        let source = try source(fields.take("iacCode"))
        _ = try fields.optionalText("organization")
        var request = RunRequest(
            organization: organization.name,
            project: project,
            options: RunOptions(action: .deploy),
            source: source,
            requestedBy: try call.principal.actor
        )
        try RunFields.read(&fields, into: &request)
        try fields.end()
        return request
    }

    private static func source(_ value: JSONValue?) throws -> SourceFiles {
        switch value {
        case nil: throw Problem.invalid("'iacCode' is missing; it must be Terraform code, or an object of file names to contents.")
        case .string(let code):
            guard !code.allSatisfy(\.isWhitespace) else { throw Problem.invalid("'iacCode' is empty; it must be Terraform code.") }
            // Terraform's own language never begins with a brace.
            let isJSON = code.first { !$0.isWhitespace } == "{"
            return try SourceFiles(files: [isJSON ? "main.tf.json" : "main.tf": Array(code.utf8)])
        case .object(let members):
            var files: [String: [UInt8]] = [:]
            for member in members {
                guard let content = member.value.string else {
                    throw Problem.invalid("'iacCode': the content of '\(member.name.brief)' must be a text.")
                }
                guard files.updateValue(Array(content.utf8), forKey: member.name) == nil else {
                    throw Problem.invalid("'iacCode' names '\(member.name.brief)' twice; give it once.")
                }
            }
            return try SourceFiles(files: files)
        case let other?:
            throw Fields.wrong("iacCode", "a text, or an object of file names to contents", other)
        }
    }

    private static func archive(_ call: Call, in organization: WorkingOrganization) throws -> RunRequest {
        guard let project = try call.query("projectId") else {
            throw Problem.invalid("'projectId' is missing; with an archive it stands in the query: ?projectId=NAME.")
        }
        let plain: [UInt8]
        do throws(SealingError) {
            plain = try Gzip.decompress(call.body, limit: archiveLimit)
        } catch {
            if case .tooLarge = error.reason { throw TerraformError(.sourceTooLarge(limit: SourceFiles.byteLimit)) }
            throw Problem.invalid("The body is no gzip file: send what tar -czf makes.")
        }
        var options = RunOptions(action: .deploy)
        options.planFirst = try call.queryFlag("planFirst")
        options.rollbackOnFailure = try call.queryFlag("rollback")
        return RunRequest(
            organization: organization.name,
            project: project,
            options: options,
            source: try SourceFiles(archive: plain),
            credentials: try call.query("credential").map { [$0] } ?? [],
            requestedBy: try call.principal.actor
        )
    }
}
