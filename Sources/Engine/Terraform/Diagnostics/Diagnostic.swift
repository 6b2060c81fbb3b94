/// An error or warning of Terraform's, with where it is.
package struct Diagnostic: Sendable, Hashable, Codable {
    package enum Severity: String, Sendable, Hashable, Codable { case error, warning }

    package var severity: Severity
    /// One line.
    package var summary: String
    /// May be empty, may have many lines.
    package var detail: String
    /// The resource or provider it is about.
    package var address: String?
    /// The file, relative to the source folder.
    package var file: String?
    package var line: Int?
    package var column: Int?
    /// The lines of code that are at fault.
    package var code: String?
    /// The block it stands in: `resource "aws_instance" "web"`.
    package var context: String?
    /// What the expressions in the code stand for: `var.name is "x"`.
    package var values: [String]

    package init(
        severity: Severity = .error,
        summary: String,
        detail: String = "",
        address: String? = nil,
        file: String? = nil,
        line: Int? = nil,
        column: Int? = nil,
        code: String? = nil,
        context: String? = nil,
        values: [String] = []
    ) {
        self.severity = severity
        self.summary = summary
        self.detail = detail
        self.address = address
        self.file = file
        self.line = line
        self.column = column
        self.code = code
        self.context = context
        self.values = values
    }

    /// Terraform's remark about each resource that it was working on when it was told to stop; it names none of them.
    package var isEchoOfStop: Bool { summary == "execution halted" && detail.isEmpty && address == nil }
}
