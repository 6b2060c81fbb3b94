internal import FoundationEssentials
internal import Terraform

/// What a run is given besides its source; sealed wherever it is stored.
package struct RunInputs: Sendable, Hashable, Codable {
    package struct VariableFile: Sendable, Hashable, Codable {
        /// The file's name without its folder; its ending tells Terraform how to read it.
        package var name: String
        package var content: [UInt8]

        package init(name: String, content: [UInt8]) {
            self.name = name
            self.content = content
        }
    }

    /// Values as `-var` takes them, by name.
    package var variables: [String: String]
    /// In the order given: a later file wins.
    package var variableFiles: [VariableFile]
    /// The cloud's credentials and whatever else the caller named; they go with one job and are wiped when it is over.
    package var environment: [String: String]

    package init(variables: [String: String] = [:], variableFiles: [VariableFile] = [], environment: [String: String] = [:]) {
        self.variables = variables
        self.variableFiles = variableFiles
        self.environment = environment
    }

    /// What a deployment keeps for its next run: everything but the environment.
    var withoutEnvironment: RunInputs { RunInputs(variables: variables, variableFiles: variableFiles) }

    /// No variables were given.
    var hasVariables: Bool { !variables.isEmpty || !variableFiles.isEmpty }

    func encoded() throws -> [UInt8] { [UInt8](try JSONEncoder().encode(self)) }

    static func decoded(from bytes: [UInt8]) throws -> RunInputs { try JSONDecoder().decode(RunInputs.self, from: Data(bytes)) }

    // MARK: - Secrets

    /// Names of provider variables whose values are no secret: masking `eu-west-1` would only make the log unreadable.
    private static let harmless: Set<String> = [
        "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE",
        "AWS_EC2_METADATA_DISABLED", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_PAGER", "AWS_DEFAULT_OUTPUT",
        "GOOGLE_PROJECT", "GOOGLE_REGION", "GOOGLE_ZONE", "GOOGLE_CLOUD_PROJECT", "ARM_ENVIRONMENT", "ARM_USE_MSI", "ARM_USE_OIDC",
        "ARM_LOCATION", "HCLOUD_ENDPOINT",
    ]

    /// The values that no log line may show.
    ///
    /// - Parameters:
    ///   - sensitiveVariables: Names that the configuration declares `sensitive`.
    ///   - sourceFiles: The configuration's own variable files.
    ///   - disclosed: Names of variables that are no secret in this place.
    /// - Returns: In no order, with repetitions.
    func secrets(
        sensitiveVariables: Set<String>,
        sourceFiles: [VariableFile] = [],
        disclosed: Set<String> = []
    ) -> [String] {
        func isSecret(_ name: String) -> Bool { !disclosed.contains(name) && Self.isSecret(name: name, declared: sensitiveVariables) }
        let fromEnvironment = environment.filter { name, _ in
            name.hasPrefix("TF_VAR_")
                ? isSecret(String(name.dropFirst(7)))
                : !Self.harmless.contains(name) && !name.hasPrefix("AWS_ENDPOINT_URL_")
        }
        let fromVariables = variables.filter { isSecret($0.key) }
        let fromFiles = (sourceFiles + variableFiles).flatMap { file in
            Terraform.VariableFile.texts(in: file.content, isJSON: file.name.hasSuffix(".json"))
                .filter { isSecret($0.key) }.values.joined()
        }
        // A list of secrets: each of them, too.
        let within = fromVariables.values.flatMap { value in
            Terraform.VariableFile.texts(in: Array("value = \(value)".utf8), isJSON: false).values.joined()
        }
        return Array(fromEnvironment.values) + Array(fromVariables.values) + fromFiles + within
    }

    private static func isSecret(name: String, declared: Set<String>) -> Bool {
        let name = name.lowercased()
        return declared.contains(name)
            || ["password", "passwd", "secret", "token", "private_key", "api_key", "apikey"].contains { name.contains($0) }
    }
}
