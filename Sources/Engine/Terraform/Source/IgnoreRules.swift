/// What a `.terraformignore` leaves out of a source.
///
/// Its rules are those of HCP Terraform: one a line; `#` begins a comment; `*` and `?` stand for anything within a name, `[a-z]` for one
/// character, `**` for any folders; a rule that ends with `/` means folders only, one that begins with `/` the source's own folder only, any
/// other every folder; `!` takes back what an earlier rule left out, within a folder that is left out, too. The last rule that fits decides.
/// A folder that is left out takes along all below it.
///
/// - SeeAlso: <https://developer.hashicorp.com/terraform/cloud-docs/workspaces/settings#excluding-files-from-upload>
struct IgnoreRules: Sendable {
    /// The file that holds them, at the top of a source.
    static let fileName = ".terraformignore"

    private struct Rule: Sendable {
        let isNegated: Bool
        let isFolderOnly: Bool
        /// Names between slashes; `**` is any number of folders.
        let parts: [[Character]]
    }

    private let rules: [Rule]

    /// Reads rules; a line that says nothing is none.
    init(_ text: String) {
        rules = text.split(whereSeparator: \.isNewline).compactMap { line in
            var line = String(line).trimmingBlanks[...]
            guard let first = line.first, first != "#" else { return nil }
            let isNegated = first == "!"
            if isNegated { line = line.dropFirst() }
            let isFolderOnly = line.last == "/"
            let isAnchored = line.first == "/"
            var parts = line.split(separator: "/").map(Array.init)
            guard !parts.isEmpty else { return nil }
            if !isAnchored { parts.insert(["*", "*"], at: 0) }
            return Rule(isNegated: isNegated, isFolderOnly: isFolderOnly, parts: parts)
        }
    }

    /// There is nothing that takes back: a folder that is left out needs no look inside.
    var hasNegations: Bool { rules.contains(where: \.isNegated) }

    /// Whether a file, link or folder is left out.
    ///
    /// - Parameters:
    ///   - path: Below the source's folder, with `/`.
    ///   - isFolder: What it is.
    /// - Returns: What the last rule says that fits it, or a folder that it lies in.
    func leavesOut(_ path: String, isFolder: Bool) -> Bool {
        let names = path.split(separator: "/").map(Array.init)
        var isOut = false
        for rule in rules where rule.isNegated == isOut {
            let fits = (1...max(1, names.count)).contains { count in
                (count < names.count || isFolder || !rule.isFolderOnly) && Self.matches(rule.parts[...], names.prefix(count))
            }
            if fits { isOut = !rule.isNegated }
        }
        return isOut
    }

    // MARK: - Details

    private static func matches(_ parts: ArraySlice<[Character]>, _ names: ArraySlice<[Character]>) -> Bool {
        // How many names the parts so far may have taken: all ways at once, because with many `**` there are more than can be tried.
        var taken = [Bool](repeating: false, count: names.count + 1)
        taken[0] = true
        for (index, part) in parts.enumerated() {
            if part == ["*", "*"] {
                guard let least = taken.firstIndex(of: true) else { return false }
                // At the end it is everything within, and not the folder itself.
                let first = index == parts.count - 1 ? least + 1 : least
                for count in taken.indices { taken[count] = count >= first }
            } else {
                for count in taken.indices.reversed() {
                    taken[count] = count > 0 && taken[count - 1] && fits(part[...], names[names.startIndex + count - 1][...])
                }
            }
        }
        return taken[names.count]
    }

    private static func fits(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
        // Where to go on when what follows the last star doesn't fit.
        var (pattern, name) = (pattern, name)
        var retry: (pattern: ArraySlice<Character>, name: ArraySlice<Character>)?
        while true {
            if let sign = pattern.first, sign == "*" {
                pattern = pattern.dropFirst()
                retry = (pattern, name)
            } else if let first = name.first, let rest = one(pattern, first) {
                (pattern, name) = (rest, name.dropFirst())
            } else if pattern.isEmpty, name.isEmpty {
                return true
            } else if let again = retry, !again.name.isEmpty {
                retry = (again.pattern, again.name.dropFirst())
                (pattern, name) = (again.pattern, again.name.dropFirst())
            } else {
                return false
            }
        }
    }

    /// What is left of a pattern after it took one character; nil when it doesn't take it.
    private static func one(_ pattern: ArraySlice<Character>, _ character: Character) -> ArraySlice<Character>? {
        guard let sign = pattern.first else { return nil }
        let rest = pattern.dropFirst()
        switch sign {
        case "?": return rest
        case "\\":
            guard let escaped = rest.first else { return character == sign ? rest : nil }
            return escaped == character ? rest.dropFirst() : nil
        case "[":
            guard let end = rest.dropFirst().firstIndex(of: "]") else { return character == sign ? rest : nil }
            var set = rest[rest.startIndex..<end]
            let isInverted = set.first == "!" || set.first == "^"
            if isInverted { set = set.dropFirst() }
            var isIn = false
            while let low = set.first {
                if set.count >= 3, set[set.startIndex + 1] == "-" {
                    let high = set[set.startIndex + 2]
                    isIn = isIn || (low <= character && character <= high)
                    set = set.dropFirst(3)
                } else {
                    isIn = isIn || low == character
                    set = set.dropFirst()
                }
            }
            return isIn != isInverted ? rest[(end + 1)...] : nil
        default: return sign == character ? rest : nil
        }
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        let start = drop { $0 == " " || $0 == "\t" }
        return String(String(start.reversed().drop { $0 == " " || $0 == "\t" || $0 == "\r" }).reversed())
    }
}
