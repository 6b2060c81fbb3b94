import Access
import Provisioning
import Sealing
import Terraform
import WebServer

/// What is sent to deploy a project: JSON with the code in it, a `tar.gz` with the rest in the query, or a form with both.
package struct DeployBody: Sendable {
    /// Larger JSON is refused: code is small; data belongs in the archive.
    static let limit = 16 << 20
    /// Larger archives are refused.
    package static let archiveByteLimit = 52 << 20
    /// What an archive may hold when it is unpacked, headers included.
    private static let unpackedLimit = SourceFiles.byteLimit + (12 << 20)
    /// How many times its size an archive may unpack to, beyond the first megabyte; configurations seldom get beyond 30.
    private static let ratioLimit = 250

    private static let code = Schema.Property(
        "iacCode",
        .either([.string(), .dictionary(.string())]),
        "Terraform code: the content of main.tf, or an object of file names to contents"
    )
    private static let fields: [Schema.Property] =
        [
            .init("projectId", .name(upTo: 100), "The project; each has its own state"),
            .optional("action", .choice(["deploy", "plan"]), "deploy unless given; plan changes nothing"),
        ] + RunFields.properties
    static let schema = Schema.object([code] + fields)
    private static let form = Schema.object([
        .init("run", .object(fields), "As the JSON, without iacCode"),
        .init("source", .string(format: "binary"), "A tar.gz"),
    ])

    static let shape = BodyShape(
        content: [
            ("application/json", schema), ("application/gzip", .string(format: "binary")), ("multipart/form-data", form),
        ],
        limit: limit,
        uploadLimit: archiveByteLimit,
        isRequired: true
    )

    /// What an archive can't say.
    static let query = [
        QueryParameter("projectId", .string(), "With an archive: the project"),
        QueryParameter("planFirst", .boolean, "With an archive: wait for approval"),
        QueryParameter("rollback", .boolean, "With an archive: destroy what was made when the last attempt fails"),
        QueryParameter("autoRegisterServer", .boolean, "With an archive: register the servers that the outputs name"),
        QueryParameter("credential", .string(), "With an archive: the name of a credential"),
    ]

    /// Reads the request.
    ///
    /// - Throws: ``Problem`` naming the field that is wrong; what the source refuses.
    static func read(_ call: Call, in organization: WorkingOrganization) async throws -> RunRequest {
        if let json = call.json { return try run(Fields(json), source, call, in: organization) }
        guard let type = call.request.headers["Content-Type"], type.lowercased().hasPrefix("multipart/") else {
            return try archive(call, in: organization)
        }
        let parts = try MultipartForm(call.body, type: type).parts
        guard let order = parts["run"], let json = JSONValue(parsing: order), let packed = parts["source"] else {
            throw Problem.invalid("The form must have the parts 'run', which is JSON, and 'source', which is a tar.gz.")
        }
        return try run(Fields(json), { _ in try unpacked(packed) }, call, in: organization)
    }

    private static func run(
        _ given: Fields,
        _ source: (inout Fields) throws -> SourceFiles,
        _ call: Call,
        in organization: WorkingOrganization
    ) throws -> RunRequest {
        var fields = given
        let project = try fields.text("projectId")
        let action = try fields.optionalText("action") ?? "deploy"
        guard action == "deploy" || action == "plan" else { throw Problem.invalid("'action' must be deploy or plan.") }
        let files = try source(&fields)
        _ = try fields.optionalText("organization")
        var request = RunRequest(
            organization: organization.name,
            project: project,
            options: RunOptions(action: action == "plan" ? .plan : .deploy),
            source: files,
            requestedBy: try call.principal.actor
        )
        try RunFields.read(&fields, into: &request)
        try fields.end()
        return request
    }

    private static func source(_ fields: inout Fields) throws -> SourceFiles { try source(fields.take("iacCode")) }

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
        var options = RunOptions(action: .deploy)
        options.planFirst = try call.queryFlag("planFirst")
        options.rollbackOnFailure = try call.queryFlag("rollback")
        if try call.query("autoRegisterServer") != nil { options.autoRegisterServer = try call.queryFlag("autoRegisterServer") }
        return RunRequest(
            organization: organization.name,
            project: project,
            options: options,
            source: try unpacked(call.body),
            credentials: try call.query("credential").map { [$0] } ?? [],
            requestedBy: try call.principal.actor
        )
    }
    private static func unpacked(_ packed: [UInt8]) throws -> SourceFiles {
        let plain: [UInt8]
        do throws(SealingError) {
            plain = try Gzip.decompress(packed, limit: unpackedLimit, ratio: ratioLimit)
        } catch {
            switch error.reason {
            case .tooLarge: throw TerraformError(.sourceTooLarge(limit: SourceFiles.byteLimit))
            case .tooDense(let ratio):
                throw Problem.invalid("The archive unpacks to more than \(ratio) times its size; leave generated and empty data out of it.")
            case .tooManyMembers(let limit):
                throw Problem.invalid("The archive consists of more than \(limit) gzip members; send what tar -czf makes.")
            default: throw Problem.invalid("The source is no gzip file: send what tar -czf makes.")
            }
        }
        return try SourceFiles(archive: plain)
    }
}
