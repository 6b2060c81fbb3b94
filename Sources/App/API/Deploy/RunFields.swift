import Access
import Provisioning
import Terraform

/// What every request for a run may say besides its project and source.
enum RunFields {
    static let properties: [Schema.Property] = [
        .optional("organization", .string(), "Whose project; the token's own, or 'default'"),
        .optional("credentials", .list(.string()), "Names of credentials that Terraform gets; 'default' unless given, when there is one"),
        .optional("variables", .dictionary(.string()), "Values of Terraform variables; those of the last deploy unless given"),
        .optional(
            "variableFiles",
            .list(.object([.init("name", .string(), "prod.tfvars"), .init("content", .string(), "What is in it")])),
            "Files of Terraform variables, in order"
        ),
        .optional("environment", .dictionary(.string()), "Environment variables for Terraform; sealed, and gone when the job is over"),
        .optional("planFirst", .boolean, "Keep the plan, and wait for someone to approve it"),
        .optional("rollback", .boolean, "Destroy what was made when the last attempt fails"),
        .optional("resumeAfterCrash", .boolean, "Go on by itself after a crash during apply"),
        .optional("autoRegisterServer", .boolean, "From now on register the servers that the outputs name after each deploy, or no longer"),
        .optional("timeoutSeconds", .whole(1...604_800), "Of one attempt; 1800 unless given"),
    ]

    /// Takes the fields into a request.
    ///
    /// - Throws: ``Problem`` naming the field that is wrong.
    static func read(_ fields: inout Fields, into request: inout RunRequest) throws {
        if let names = try fields.optionalTexts("credentials") { request.credentials = names }
        if let variables = try fields.optionalDictionary("variables") { request.inputs.variables = variables }
        if let files = fields.take("variableFiles") {
            request.inputs.variableFiles = try (files.array ?? []).map { file in
                guard let name = file["name"]?.string, !name.isEmpty, !name.contains("/"), let content = file["content"]?.string else {
                    throw Fields.wrong("variableFiles", "a list of objects with 'name' and 'content'", files)
                }
                return .init(name: name, content: Array(content.utf8))
            }
        }
        if let environment = try fields.optionalDictionary("environment") {
            for name in environment.keys.sorted() where !isVariableName(name) {
                throw Problem.invalid("'environment': '\(name.brief)' is no name of an environment variable.")
            }
            request.inputs.environment = environment
        }
        request.options.planFirst = try fields.optionalFlag("planFirst") ?? false
        request.options.rollbackOnFailure = try fields.optionalFlag("rollback") ?? false
        request.options.resumeAfterCrash = try fields.optionalFlag("resumeAfterCrash") ?? false
        request.options.autoRegisterServer = try fields.optionalFlag("autoRegisterServer")
        if let seconds = try fields.optionalInteger("timeoutSeconds", in: 1...604_800) { request.timeout = .seconds(seconds) }
    }

    private static func isVariableName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first), name.utf8.count <= 200 else { return false }
        return name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_")
        }
    }
}
