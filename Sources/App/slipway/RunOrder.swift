import API
import FoundationEssentials
import Sealing
import Terraform

/// What a command asks for when it asks for a run, as the API takes it.
struct RunOrder: Encodable, Sendable {
    struct VariableFile: Encodable, Sendable {
        let name: String
        let content: String
    }

    private struct Accepted: Decodable {
        let jobId: String
    }

    var projectId: String?
    let action: String
    var planFirst = false
    var rollback = false
    var resumeAfterCrash = false
    var credentials: [String]?
    /// Nil: those of the last deploy, when there is no source.
    var variables: [String: String]?
    var variableFiles: [VariableFile]?
    var environment: [String: String] = [:]
    /// Nil: as before.
    var autoRegisterServer: Bool?
    var timeoutSeconds: Int?

    init(action: String) { self.action = action }

    /// With what the command's options and the environment say.
    ///
    /// - Throws: ``UsageError`` for what is not set or can't be read.
    func filled(_ context: CommandContext) throws(UsageError) -> RunOrder {
        let command = context.command
        var order = self
        order.environment = ProviderVariables.automatic(in: context.environment)
        order.environment.merge(try ProviderVariables.named(command.strings("env"), in: context.environment)) { _, named in named }
        if command.flag("credential") { order.credentials = command.strings("credential") }
        if command.flag("var") {
            order.variables = Dictionary(command.assignments("var").map { ($0.key, $0.value) }) { _, last in last }
        }
        var files: [VariableFile] = []
        for path in command.strings("var-file") {
            guard let content = FileManager.default.contents(atPath: path) else {
                throw UsageError(message: "The variable file \(path) can't be read; check its name and permissions.", command: command.path)
            }
            guard let text = String(validating: content, as: UTF8.self) else {
                throw UsageError(message: "The variable file \(path) is no UTF-8; Terraform could not read it.", command: command.path)
            }
            let name = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
            files.append(VariableFile(name: String(name), content: text))
        }
        if !files.isEmpty { order.variableFiles = files }
        if let timeout = command.duration("timeout") { order.timeoutSeconds = Int(timeout.components.seconds) }
        return order
    }

    /// Sends it; the run is queued, durably, when this returns.
    ///
    /// - Parameters:
    ///   - installation: Where.
    ///   - project: Its name; without a source its deployment's number, too.
    ///   - context: Names the organization.
    ///   - source: Nil: what the project was deployed from last.
    /// - Returns: The job's id.
    /// - Throws: Why it is refused.
    func send(to installation: Installation, project: String, _ context: CommandContext, source: SourceFiles?) async throws -> String {
        var order = self
        guard let source else {
            let body = try await installation.change("POST", "deployments", project, "runs", query: context.organizationQuery, body: order)
            return try JSONDocument.read(body, as: Accepted.self).jobId
        }
        // The first deploy makes the organization, where nobody else decides about that.
        try await installation.program?.ensureOrganization(context.organization)
        order.projectId = project
        // Within one process the bytes are only handed over.
        let packed = try Gzip.compress(source.archive, level: installation.program == nil ? 6 : 1)
        guard packed.count <= DeployBody.archiveByteLimit else {
            let sizes = "\(HumanText.bytes(packed.count)) packed, and \(HumanText.bytes(DeployBody.archiveByteLimit)) are the most"
            throw CommandError(
                "The source is too large to be sent: it has \(sizes). Leave out what Terraform doesn't need with a file .terraformignore."
            )
        }
        let boundary = "slipway-\(SHA256.hex(packed).prefix(40))"
        let body = MultipartForm.bytes(
            [("run", "application/json", try JSONDocument.compact(order)), ("source", "application/gzip", packed)],
            boundary: boundary
        )
        let answer = try await installation.send(
            APIOrder(
                method: "POST",
                path: ["api", "deploy"],
                query: context.organizationQuery,
                body: body,
                type: "multipart/form-data; boundary=\(boundary)"
            )
        )
        return try JSONDocument.read(answer.body, as: Accepted.self).jobId
    }
}
