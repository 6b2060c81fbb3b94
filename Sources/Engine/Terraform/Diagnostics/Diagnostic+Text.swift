internal import Domain

extension Diagnostic {
    /// Where it is: `main.tf:12`; nil when Terraform doesn't say.
    package var place: String? { file.map { file in line.map { "\(file):\($0)" } ?? file } }

    /// Everything about it, for a person: what, where, the code, why, and what to do where that is known.
    ///
    /// ```
    /// Error: Unsupported argument (main.tf:3, in resource "aws_s3_bucket" "b")
    ///   3 │ bucketname = "x"
    /// An argument named "bucketname" is not expected here.
    /// What to do: Correct the configuration at the named place.
    /// ```
    package var text: String {
        var places = [place].compactMap(\.self)
        if let context { places.append("in \(context)") }
        if let address, context == nil { places.append("for \(address)") }
        var lines = [
            "\(severity == .error ? "Error" : "Warning"): \(summary)" + (places.isEmpty ? "" : " (\(places.joined(separator: ", ")))")
        ]
        if let code {
            let numbered = code.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            lines += numbered.map { offset, code in line.map { "  \($0.addingClamped(offset)) │ \(code)" } ?? "  │ \(code)" }
        }
        lines += values.map { "  where \($0)" }
        if !detail.isEmpty { lines.append(detail) }
        if severity == .error, let hint = FailureCause.hint(for: self) { lines.append("What to do: \(hint)") }
        return lines.joined(separator: "\n")
    }
}
