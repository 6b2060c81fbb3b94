import FoundationEssentials

@testable import API
@testable import Terraform
@testable import WebServer

extension FuzzTarget {
    private static let documents: [String] = [
        #"{"projectId":"shop","iacCode":{"main.tf":"output \"x\" { value = 1 }"},"variables":{"a":"b"},"timeoutSeconds":60,"planFirst":true}"#,
        #"{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{"root_module":{"resources":[{"address":"a.b","mode":"managed","values":{"x":[1,2,{"y":null}]}}],"child_modules":[]}},"resource_changes":[{"address":"a.b","change":{"actions":["delete","create"],"before":{"a":1e3},"after":null,"after_unknown":{"id":true}}}]}"#,
        #"[1,-2.5e-3,18446744073709551616,"é\u00e9\ud83d\ude00\n",true,false,null,{},[],[[[[]]]]]"#,
        #"{"ID":"3f1c7b0e","Operation":"OperationTypeApply","Info":"","Who":"anna@laptop","Version":"1.11.4","Created":"2026-01-31T12:00:00Z","Path":""}"#,
    ]

    /// Documents of plans and of requests: what was read is written, and read again as the same.
    static let plan = FuzzTarget(
        "plan",
        corpus: documents.map { Array($0.utf8) },
        words: ["\"timeoutSeconds\":", "\"variables\":{", "\"ID\":", ":", "\\ud83d", "\\u0000"]
    ) { input in
        _ = try await attempt { try LockInfo(input) }
        _ = JSONValue(parsing: input, valuesAtMost: 100)
        guard let value = JSONValue(parsing: input) else { return }
        try Finding.unless(JSONValue(parsing: Array(value.text.utf8)) == value, "what is written is read as something else")
        _ = (value.int, value.double, value["variables"]?.members?.count)
        try await take(value)
        let node = JSONNode.object([("value", .raw(value.text)), (value.string ?? "name", .text(value.text))])
        try Finding.unless(JSONValue(parsing: node.bytes) != nil, "an answer is no JSON")
    }

    private static func take(_ value: JSONValue) async throws {
        _ = try await attempt {
            var fields = try Fields(value)
            for member in value.members ?? [] {
                _ = try await attempt { try fields.optionalText(member.name) }
                _ = try await attempt { try fields.optionalInteger(member.name, in: 1...604_800) }
                _ = try await attempt { try fields.optionalTexts(member.name) }
                _ = try await attempt { try fields.optionalDictionary(member.name) }
                _ = try await attempt { try fields.optionalFlag(member.name) }
                break
            }
            try fields.end()
        }
    }

    private static let boundary = "b0undary"
    private static let writtenForm = MultipartForm.bytes(
        [
            ("run", "application/json", Array(documents[0].utf8)),
            ("source", "application/gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ],
        boundary: boundary
    )

    private static func content(_ input: [UInt8], type: String) async throws {
        var headers = HeaderFields()
        headers.append(name: "Content-Type".utf8, value: type.utf8)
        guard let target = RequestTarget("/") else { return }
        let request = Request(method: "POST", target: target, headers: headers)
        guard let content = try await attempt({ try RequestContent(input, of: request, DeployBody.shape) }) else { return }
        let size = content.files.values.reduce(0) { $0 + $1.count }
        try Finding.unless(size <= input.count, "a form's parts are larger than the form")
    }

    /// Forms with files, and the other bodies that a deploy takes.
    static let form = FuzzTarget(
        "form",
        corpus: [writtenForm, Array("--\(boundary)\r\nContent-Disposition: form-data; name=run\r\n\r\n{}\r\n--\(boundary)--\r\n".utf8)],
        words: [
            "--\(boundary)", "\r\n--\(boundary)", "\r\n--\(boundary)--", "Content-Disposition: form-data; name=\"run\"", "\r\n\r\n",
            "name=", "\"",
        ]
    ) { input in
        try await content(input, type: "multipart/form-data; boundary=\(boundary)")
        try await content(input, type: "application/json")
        // The type is a stranger's, too.
        try await content(writtenForm, type: "multipart/form-data; " + String(decoding: input.prefix(200), as: UTF8.self))
        // What a program of ours writes it reads.
        if !input.contains(0x2D) {
            let written = try MultipartForm(
                MultipartForm.bytes([("x", "text/plain", input)], boundary: boundary),
                type: "a; boundary=\(boundary)"
            )
            try Finding.unless(written.parts["x"] == input, "a part comes back as another")
        }
    }

    /// Addresses, queries and forms like queries; places in a stream of events; moments.
    static let fields = FuzzTarget(
        "fields",
        corpus: [
            "/api/state/my%20shop?a=b&c=%2F+d", "a=b&a=c&d", "http://host/a/b?x", "deployment.7:12,organization.1.terraform:41",
            "2026-01-31T12:00:00.000Z",
        ]
        .map { Array($0.utf8) },
        words: ["%", "%2e%2e", "%00", "/../", "?", "&", "=", "+", "https://", "organization.", ":"],
        largest: 64 << 10
    ) { input in
        try await content(input, type: "application/x-www-form-urlencoded")
        let text = String(decoding: input, as: UTF8.self)
        if let target = RequestTarget(text) {
            _ = target.queryItems
            try Finding.unless(!target.segments.contains { $0 == ".." || $0.utf8.contains(0) }, "a path leads upwards")
        }
        if let cursor = EventCursor(text) { try Finding.unless(EventCursor(cursor.text()) == cursor, "a place comes back as another") }
        if let date = Timestamp.date(text) { _ = Timestamp.text(date) }
    }

    /// What a client of the WebSocket says.
    static let pusher = FuzzTarget(
        "pusher",
        corpus: [
            #"{"event":"pusher:subscribe","data":{"channel":"private-deployment.7","auth":"key:00","since":12}}"#,
            #"{"event":"pusher:subscribe","data":"{\"channel\":\"presence-organization.1\",\"channel_data\":\"{\\\"user_id\\\":\\\"1\\\"}\",\"since\":\"a:5\"}"}"#,
            #"{"event":"pusher:unsubscribe","data":{"channel":"x"}}"#, #"{"event":"pusher:ping","data":{}}"#, #"{"event":"client-x"}"#,
        ].map { Array($0.utf8) },
        words: ["\"event\":", "\"since\":", "pusher:subscribe", "client-", "\"data\":"],
        largest: 64 << 10
    ) { input in
        let text = String(decoding: input, as: UTF8.self)
        _ = try await attempt { try PusherMessage(text) }
        _ = PusherChannelName(text)
    }
}
