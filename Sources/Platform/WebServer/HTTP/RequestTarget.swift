/// What a request asks for: the path and the query, as they were sent and taken apart.
///
/// - SeeAlso: RFC 9112, section 3.2; RFC 3986, section 3
package struct RequestTarget: Sendable, Hashable {
    /// As it was sent, without the query: `/api/state/my%20shop`.
    package let path: String
    /// As it was sent, without the question mark; nil when there is none.
    package let query: String?
    /// The path's parts between the slashes, with their escapes undone: `["api", "state", "my shop"]`.
    ///
    /// A part may hold a slash that was sent as `%2F`; none is `.` or `..`. The path `/` has none, `/a/` has `a` and an empty one.
    package let segments: [String]

    /// Takes a request's target apart.
    ///
    /// Nil for what no client sends in good faith: a byte that has to be escaped, an escape that is none, a NUL, bytes that are no UTF-8,
    /// a part `.` or `..`, or neither a path, nor an http address, nor `*`.
    ///
    /// - Parameter text: As it stands between method and version.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let relative = Self.withoutServer(text) else { return nil }
        let question = relative.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = String(relative[..<(question ?? relative.endIndex)])
        query = question.map { String(relative[relative.utf8.index(after: $0)...]) }
        guard path != "*" else {
            segments = []
            return
        }
        guard let segments = Self.segments(of: path) else { return nil }
        self.segments = segments
    }

    /// The query's items in order, with their escapes undone; `+` is a space, bytes that are no UTF-8 become U+FFFD.
    package var queryItems: [QueryItem] {
        guard let query else { return [] }
        return query.utf8.split(separator: UInt8(ascii: "&")).map { item in
            let parts = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return QueryItem(name: PercentCode.decodeForm(parts[0]), value: parts.count > 1 ? PercentCode.decodeForm(parts[1]) : "")
        }
    }

    /// The value of the query's first item with this name.
    package func query(_ name: String) -> String? { queryItems.first { $0.name == name }?.value }

    private static func withoutServer(_ text: String) -> Substring? {
        if text.utf8.first == UInt8(ascii: "/") || text == "*" { return text[...] }
        let lowercased = text.prefix(8).lowercased()
        guard let scheme = ["http://", "https://"].first(where: lowercased.hasPrefix) else { return nil }
        let rest = text.dropFirst(scheme.count)
        guard let end = rest.utf8.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else { return "/" }
        return rest.utf8[end] == UInt8(ascii: "/") ? rest[end...] : "/" + rest[end...]
    }

    private static func segments(of path: String) -> [String]? {
        guard path.utf8.count > 1 else { return [] }
        var segments: [String] = []
        for part in path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let segment = PercentCode.decode(part), segment != ".", segment != ".." else { return nil }
            segments.append(segment)
        }
        return segments
    }
}

/// One `name=value` of a query.
package struct QueryItem: Sendable, Hashable {
    package let name: String
    package let value: String
}
