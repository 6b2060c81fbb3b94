extension CLIConfiguration {
    /// Where Terraform and OpenTofu look on the machine itself when they aren't told where to.
    private static let impliedMirrors = ["/usr/local/share", "/usr/share"].flatMap {
        ["\($0)/terraform/plugins", "\($0)/opentofu/plugins"]
    }

    /// The same configuration, but that `init` takes by link from a folder what that has, before it asks anybody else.
    ///
    /// - Parameters:
    ///   - addresses: What the folder holds.
    ///   - mirror: The folder, as the run sees it.
    ///   - bundled: What the source brings along.
    ///   - bundle: The source's folder with it, as the run sees it.
    /// - Returns: The text; unchanged where it is written in a way that isn't understood here: then `init` downloads once more.
    func offering(
        _ addresses: Set<ProviderAddress>,
        in mirror: String,
        bundled: Set<ProviderAddress>,
        bundle: String
    ) -> String {
        let method = Self.method("filesystem_mirror", "path    = \"\(mirror)\"\n    include = [\(Self.list(addresses))]")
        if hasInstallation { return inserting(method) }
        // With a block of its own Terraform looks into none of its implied mirrors: they are named, as it would have found them.
        let local = [(bundle, Array(bundled))] + Self.impliedMirrors.map { ($0, Self.providers(in: $0)) }
        var methods = method
        for (path, held) in local where !held.isEmpty {
            methods += Self.method("filesystem_mirror", "path    = \"\(path)\"\n    include = [\(Self.list(held))]")
        }
        methods += Self.method("direct", "exclude = [\(Self.list(Set(local.flatMap(\.1))))]")
        return text + "\nprovider_installation {\n\(methods)}\n"
    }

    private static func method(_ name: String, _ attributes: String) -> String { "  \(name) {\n    \(attributes)\n  }\n" }

    /// Puts a method before all others, but for overrides for development, which come first.
    private func inserting(_ method: String) -> String {
        guard !Self.isJSON(text), let place = placeOfFirstMethod else { return text }
        let bytes = Array(text.utf8)
        return String(decoding: bytes[..<place], as: UTF8.self) + "\n" + method + String(decoding: bytes[place...], as: UTF8.self)
    }

    private var placeOfFirstMethod: Int? {
        var tokens = HCLTokens(Array(text.utf8))
        var depth = 0
        var place: Int?
        var last: String?
        var isOverride = false
        while let token = tokens.next() {
            switch token {
            case .open:
                depth += 1
                if depth == 1, place == nil, last == "provider_installation" { place = tokens.index }
                if depth == 2, place != nil { isOverride = last == "dev_overrides" }
            case .close:
                depth -= 1
                if depth == 1, isOverride { (place, isOverride) = (tokens.index, false) }
                if depth == 0, place != nil { return place }
            case .word(let text), .string(let text): last = text
            default: continue
            }
        }
        return nil
    }
}
