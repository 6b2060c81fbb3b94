import WebServer

extension Response {
    /// An answer in JSON, which nobody may keep.
    static func json(_ value: JSONNode, status: Int = 200, headers: [HeaderField] = []) -> Response {
        Response(status: status, headers: jsonHeaders + headers, body: .bytes(value.bytes))
    }

    /// JSON that is there already.
    static func json(bytes: [UInt8]) -> Response { Response(headers: jsonHeaders, body: .bytes(bytes)) }

    private static let jsonHeaders = [HeaderField("Content-Type", "application/json"), HeaderField("Cache-Control", "no-store")]

    /// Any value, as the command's `--json` has it.
    ///
    /// - Throws: What `JSONEncoder` throws for a number that JSON can't hold.
    static func json(encoding value: some Encodable, status: Int = 200, headers: [HeaderField] = []) throws -> Response {
        .json(try .encoding(value), status: status, headers: headers)
    }

    /// A page of a list: `next` is what the following one begins after; nil: there is none.
    static func page(_ items: [some Encodable], next: String?) throws -> Response {
        .json(.object([("items", .list(try items.map { try .encoding($0) })), ("next", JSONNode(next))]))
    }

    /// A page of a list that was read with one item more than was asked for.
    static func page<Item>(
        _ items: [Item],
        limit: Int,
        cursor: (Item) -> String,
        _ document: (Item) throws -> some Encodable
    ) throws -> Response {
        let shown = Array(items.prefix(limit))
        return try .page(try shown.map(document), next: items.count > limit ? shown.last.map(cursor) : nil)
    }

    /// Nothing to say.
    static var done: Response { Response(status: 204, headers: [HeaderField("Cache-Control", "no-store")]) }
}
