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

    /// What may stand in the query, with every form of the body: all that is no code, and neither a secret nor too long for an address.
    static let query = fields.filter { $0.name != QueryParameter.organization.name }.compactMap(\.inQuery)

    /// Reads the request.
    ///
    /// - Throws: ``Problem`` naming the field that is wrong; what the source refuses.
    static func read(_ call: Call, in organization: WorkingOrganization) async throws -> RunRequest {
        var fields = try call.fields()
        let project = try fields.text("projectId")
        let action = try fields.optionalText("action") ?? "deploy"
        guard action == "deploy" || action == "plan" else { throw Problem.invalid("'action' must be deploy or plan.") }
        let files: SourceFiles
        switch call.content.type {
        case "application/json": files = try source(fields.take("iacCode"))
        case "multipart/form-data": files = try unpacked(call.content.files["source"])
        default: files = try unpacked(call.content.bytes)
        }
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

    private static func unpacked(_ packed: [UInt8]?) throws -> SourceFiles {
        guard let packed else { throw Problem.invalid("The form's part 'source' is missing; it must be a tar.gz.") }
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
