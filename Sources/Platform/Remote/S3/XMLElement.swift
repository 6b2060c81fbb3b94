/// An element of the small XML documents that S3 answers with: its children or its text, without attributes and namespaces.
struct XMLElement {
    let name: String
    private(set) var text = ""
    private(set) var children: [XMLElement] = []

    /// How deep elements may lie in one another; S3's answers need four.
    private static let depthLimit = 16

    /// The root of a document, or nil when it isn't whole.
    init?(document bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        // The unicode scalars: a combining character after `>` must not hide it.
        var rest = text.unicodeScalars[...]
        guard let root = Self.firstElement(of: &rest) else { return nil }
        self = root
    }

    private init(name: String) { self.name = name }

    /// The text of a child, or nil without such a child.
    subscript(child: String) -> String? { children.first { $0.name == child }?.text }

    func all(_ child: String) -> [XMLElement] { children.filter { $0.name == child } }

    // MARK: - Parsing

    private enum Tag { case open(String), close(String), empty(String), other }

    private static func firstElement(of rest: inout Substring.UnicodeScalarView) -> XMLElement? {
        while true {
            _ = takeText(from: &rest)
            switch takeTag(from: &rest) {
            case .open(let name): return takeContent(of: name, from: &rest, depth: 1)
            case .empty(let name): return XMLElement(name: name)
            case .other: continue
            case .close, nil: return nil
            }
        }
    }

    private static func takeContent(of name: String, from rest: inout Substring.UnicodeScalarView, depth: Int) -> XMLElement? {
        guard depth <= depthLimit else { return nil }
        var element = XMLElement(name: name)
        while true {
            guard let text = unescaped(takeText(from: &rest)) else { return nil }
            element.text += text
            switch takeTag(from: &rest) {
            case .open(let child):
                guard let child = takeContent(of: child, from: &rest, depth: depth + 1) else { return nil }
                element.children.append(child)
            case .empty(let child): element.children.append(XMLElement(name: child))
            case .close(let closed): return closed == name ? element : nil
            case .other: continue
            case nil: return nil
            }
        }
    }

    private static func takeText(from rest: inout Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
        let end = rest.firstIndex(of: "<") ?? rest.endIndex
        defer { rest = rest[end...] }
        return rest[..<end]
    }

    /// A tag, a comment or a declaration; nil at the end, and for CDATA, which S3 doesn't use.
    private static func takeTag(from rest: inout Substring.UnicodeScalarView) -> Tag? {
        guard rest.first == "<", let end = rest.firstIndex(of: ">") else { return nil }
        let inside = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...]
        guard let first = inside.first else { return nil }
        if first == "?" { return .other }
        if first == "!" { return String(inside).hasPrefix("![CDATA[") ? nil : .other }
        if first == "/" { return .close(String(inside.dropFirst())) }
        let name = String(inside.prefix { $0 != " " && $0 != "/" && $0 != "\n" && $0 != "\t" && $0 != "\r" })
        return inside.last == "/" ? .empty(name) : .open(name)
    }

    private static let entities: [String: Unicode.Scalar] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]

    private static func unescaped(_ text: Substring.UnicodeScalarView) -> String? {
        guard text.contains("&") else { return String(text) }
        var result = String.UnicodeScalarView()
        var rest = text
        while let scalar = rest.popFirst() {
            guard scalar == "&" else {
                result.append(scalar)
                continue
            }
            guard let end = rest.firstIndex(of: ";"), let meant = self.scalar(String(rest[..<end])) else { return nil }
            result.append(meant)
            rest = rest[rest.index(after: end)...]
        }
        return String(result)
    }

    private static func scalar(_ entity: String) -> Unicode.Scalar? {
        if entity.hasPrefix("#x") { return UInt32(entity.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init) }
        if entity.hasPrefix("#") { return UInt32(entity.dropFirst(1)).flatMap(Unicode.Scalar.init) }
        return entities[entity]
    }
}
