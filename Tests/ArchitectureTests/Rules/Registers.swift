/// Tables in the documentation that list what the code has: each must name all of it, and nothing else.
enum Registers {
    /// One table and where its truth is.
    struct Register: Sendable {
        /// The document with the table.
        let document: String
        /// The heading above the table, without its `#`.
        let heading: String
        /// What the code has; the closure is given the project's root.
        let truth: @Sendable (String) throws -> Set<String>
    }

    static let all: [Register] = [
        Register(document: "README.md", heading: "Configuration") {
            try environmentVariables(in: SourceFile.all(below: "Sources", of: $0))
        },
        Register(document: "docs/decisions/0002-c-libraries.md", heading: "The libraries", truth: cLibraries),
        ofCases("JobStatus", under: "Statuses of a job"),
        ofCases("DeploymentStatus", under: "Statuses of a deployment"),
        ofCases("JobStage", under: "Stages of a job"),
        ofCases("ServerStatus", under: "Statuses of a server"),
        ofCases("RegistrationStatus", under: "Statuses of a registration"),
        ofCases("QueueName", under: "Queues"),
        ofCases("Permission", in: "Sources/Features/Access/Permission.swift", under: "Permissions", of: "docs/access.md"),
        ofCases("Name", in: "Sources/Engine/Events/JobEvent+Codable.swift", under: "Events", of: "docs/json-output.md"),
        ofCases("ExitCode", in: "Sources/App/slipway/CommandLine/ExitCode.swift", under: "Exit codes", of: "docs/json-output.md"),
    ]

    /// Every difference between a table and the code; a file that is missing is one.
    static func violations(root: String) -> [Violation] {
        all.flatMap { register in
            do {
                let text = try Document.text(of: register.document, in: root)
                let documented = Document.keys(ofTableUnder: register.heading, in: text)
                return differences(documented: documented, actual: try register.truth(root), in: register)
            } catch {
                return [Violation(path: register.document, line: 1, message: "\(error)")]
            }
        }
    }

    /// What only one of the two has.
    static func differences(documented: [String], actual: Set<String>, in register: Register) -> [Violation] {
        let missing = actual.subtracting(documented).map { "\($0) is in the code and not in the table “\(register.heading)”" }
        let invented = Set(documented).subtracting(actual).map { "\($0) is in the table “\(register.heading)” and not in the code" }
        return (missing + invented).sorted().map { Violation(path: register.document, line: 1, message: $0) }
    }

    private static func ofCases(
        _ type: String,
        in path: String? = nil,
        under heading: String,
        of document: String = "docs/state-machines.md"
    ) -> Register {
        Register(document: document, heading: heading) { root in
            let text = try Document.text(of: path ?? "Sources/Model/Domain/\(type).swift", in: root)
            return Set(rawValues(ofCasesIn: text, type: type))
        }
    }

    /// The raw values of an enum's cases, up to the next declaration after them.
    static func rawValues(ofCasesIn text: String, type: String) -> [String] {
        var values: [String] = []
        var indentation: Int?
        for line in text.split(separator: "\n") {
            let code = line.drop { $0 == " " }
            if line.contains("enum \(type):") {
                indentation = line.count - code.count
            } else if let indentation, !code.hasPrefix("//") {
                guard line.count - code.count > indentation, code.hasPrefix("case ") else { break }
                values += code.dropFirst(5).split(separator: ",").compactMap { item in
                    item.split(separator: "=").last?.filter { $0 != " " && $0 != "`" && $0 != "\"" }
                }
            }
        }
        return values
    }

    /// Set for a run, so that its processes are found again; never read from the operator's environment.
    private static let givenToRuns: Set<String> = ["SLIPWAY_WORKSPACE"]

    /// What the program reads: `"SLIPWAY_…"` in code, and where the prefix is put before a name (`"SLIPWAY_\\(name)"`), `value("…")`.
    static func environmentVariables(in files: [SourceFile]) -> Set<String> {
        var names: Set<String> = []
        for file in files {
            let addsPrefix = file.lines.contains { $0.contains("\"SLIPWAY_\\(") }
            for (line, code) in zip(file.lines, file.code) where !code.allSatisfy({ $0 == " " }) {
                if line.contains("\"SLIPWAY_") { names.formUnion(line.matches(of: /"(SLIPWAY_[A-Z_]*[A-Z])"/).map { String($0.1) }) }
                if addsPrefix { names.formUnion(line.matches(of: /(?:value|limit)\("([A-Z_]+)"[,)]/).map { "SLIPWAY_\($0.1)" }) }
            }
        }
        return names.subtracting(givenToRuns)
    }

    @Sendable private static func cLibraries(root: String) throws -> Set<String> {
        Set(try Document.folders(in: "Sources/Platform/C", of: root))
    }
}
