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
        ofCases("JobStatus", heading: "Statuses of a job"),
        ofCases("DeploymentStatus", heading: "Statuses of a deployment"),
        ofCases("JobStage", heading: "Stages of a job"),
        ofCases("QueueName", heading: "Queues"),
    ]

    /// Every difference between a table and the code.
    static func violations(root: String) throws -> [Violation] {
        try all.flatMap { register in
            let text = try Document.text(of: register.document, in: root)
            return try differences(
                documented: Document.keys(ofTableUnder: register.heading, in: text),
                actual: register.truth(root),
                in: register
            )
        }
    }

    /// What only one of the two has.
    static func differences(documented: [String], actual: Set<String>, in register: Register) -> [Violation] {
        let missing = actual.subtracting(documented).map { "\($0) is in the code and not in the table “\(register.heading)”" }
        let invented = Set(documented).subtracting(actual).map { "\($0) is in the table “\(register.heading)” and not in the code" }
        return (missing + invented).sorted().map { Violation(path: register.document, line: 1, message: $0) }
    }

    private static func ofCases(_ type: String, heading: String) -> Register {
        Register(document: "docs/state-machines.md", heading: heading) { root in
            Set(rawValues(ofCasesIn: try Document.text(of: "Sources/Model/Domain/\(type).swift", in: root), type: type))
        }
    }

    /// The raw values of a `String` enum's cases, up to the next declaration in it.
    static func rawValues(ofCasesIn text: String, type: String) -> [String] {
        var values: [String] = []
        var isInside = false
        for line in text.split(separator: "\n") {
            if line.contains("enum \(type):") {
                isInside = true
            } else if isInside, line.hasPrefix("    case ") {
                for item in line.dropFirst(9).split(separator: ",") {
                    let parts = item.split(separator: "=").map { $0.filter { $0 != " " && $0 != "`" && $0 != "\"" } }
                    if let value = parts.last { values.append(value) }
                }
            } else if isInside, line.hasPrefix("    package ") || line.hasPrefix("}") {
                break
            }
        }
        return values
    }

    /// `SLIPWAY_…` in the code's string literals: what the program reads.
    static func environmentVariables(in files: [SourceFile]) -> Set<String> {
        var names: Set<String> = []
        for file in files {
            for (line, code) in zip(file.lines, file.code) where line.contains("\"SLIPWAY_") {
                for match in line.matches(of: /"(SLIPWAY_[A-Z_]+[A-Z])"/) where !code.allSatisfy({ $0 == " " }) {
                    names.insert(String(match.1))
                }
            }
        }
        return names
    }

    @Sendable private static func cLibraries(root: String) throws -> Set<String> {
        Set(try Document.folders(in: "Sources/Platform/C", of: root))
    }
}
