package import Domain
package import Terraform

/// What someone asks for: one run on one project.
package struct RunRequest: Sendable {
    package var organization: String
    package var project: String
    package var options: RunOptions
    /// Nil: what the project was deployed from last.
    package var source: SourceFiles?
    /// Without a source of its own: what this job was run from.
    package var sourceOf: JobID?
    package var inputs: RunInputs
    /// Names of credentials of the organization; a later one wins, and all of them win over the inputs' environment.
    package var credentials: [String]
    /// From the first attempt's begin; each attempt has its own.
    package var timeout: Duration
    /// Who asks, for the record.
    package var requestedBy: String

    package init(
        organization: String = "default",
        project: String,
        options: RunOptions,
        source: SourceFiles? = nil,
        sourceOf: JobID? = nil,
        inputs: RunInputs = RunInputs(),
        credentials: [String] = [],
        timeout: Duration = .seconds(1800),
        requestedBy: String
    ) {
        self.organization = organization
        self.project = project
        self.options = options
        self.source = source
        self.sourceOf = sourceOf
        self.inputs = inputs
        self.credentials = credentials
        self.timeout = timeout
        self.requestedBy = requestedBy
    }

    /// - Throws: ``ProvisioningError`` when a name is no name, or a variable is none of the configuration's.
    func validated() throws -> RunRequest {
        try Self.check(project, what: "project", option: "--project")
        try Self.check(organization, what: "organization", option: "--org")
        guard timeout >= .seconds(1), timeout <= .seconds(7 * 86_400) else {
            throw ProvisioningError(.invalid, "The timeout must be between one second and seven days; use for example --timeout 30m.")
        }
        if let source, case let scan = source.scan, !scan.hasJSON {
            for name in inputs.variables.keys.sorted() where scan.variables[name] == nil {
                throw ProvisioningError(
                    .invalid,
                    "The configuration declares no variable \"\(name)\"; add `variable \"\(name)\" {}` or leave out --var \(name)=…."
                )
            }
        }
        return self
    }

    static func check(_ name: String, what: String, option: String) throws {
        let isPlain = name.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
        }
        guard isPlain, (1...100).contains(name.utf8.count), name.first != ".", name.first != "-" else {
            throw ProvisioningError(
                .invalid,
                "'\(name)' is no \(what) name; use 1 to 100 letters, digits, dots, dashes and underscores with \(option), beginning with a letter or digit."
            )
        }
    }
}
