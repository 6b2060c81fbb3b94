/// `~> 5.0, != 5.3.1`: which versions will do.
///
/// - SeeAlso: <https://developer.hashicorp.com/terraform/language/expressions/version-constraints>
struct VersionConstraint: Sendable, Hashable, CustomStringConvertible {
    private enum Comparison: String, CaseIterable {
        case pessimistic = "~>"
        case atLeast = ">="
        case atMost = "<="
        case not = "!="
        case above = ">"
        case below = "<"
        case exactly = "="
    }

    private struct Part: Hashable {
        let comparison: Comparison
        let version: TerraformVersion
    }

    private let parts: [Part]

    /// Reads a constraint; nil when it is none.
    init?(_ text: String) {
        var parts: [Part] = []
        for piece in text.split(separator: ",") {
            let piece = piece.drop { $0 == " " }
            let comparison = Comparison.allCases.first { piece.hasPrefix($0.rawValue) }
            let number = piece.dropFirst(comparison?.rawValue.count ?? 0).filter { $0 != " " }
            guard let version = TerraformVersion(String(number)) else { return nil }
            parts.append(Part(comparison: comparison ?? .exactly, version: version))
        }
        self.parts = parts
    }

    /// Exactly this version.
    init(exactly version: TerraformVersion) { parts = [Part(comparison: .exactly, version: version)] }

    /// Written anew from what was understood, so that nothing else of the original text gets into a configuration.
    var description: String { parts.map { "\($0.comparison.rawValue) \($0.version)" }.joined(separator: ", ") }

    /// A pre-release only does when it is asked for by name.
    func allows(_ version: TerraformVersion) -> Bool {
        if version.prerelease != nil, !parts.contains(where: { $0.comparison == .exactly && $0.version == version }) { return false }
        return parts.allSatisfy { part in
            switch part.comparison {
            case .exactly: version == part.version
            case .not: version != part.version
            case .above: version > part.version
            case .below: version < part.version
            case .atLeast: version >= part.version
            case .atMost: version <= part.version
            case .pessimistic:
                // `~> 5.1.2` keeps 5.1, `~> 5.1` keeps 5.
                version >= part.version
                    && version.numbers.starts(with: part.version.numbers.dropLast(part.version.numbers.count > 1 ? 1 : 0))
            }
        }
    }
}
