/// One connection that asks one thing after the other.
final class HTTPConnection {
    private let socket: LoopbackSocket
    private var rest: [UInt8] = []

    init(port: Int) throws { socket = try LoopbackSocket(port: port) }

    /// Sends a request and waits for the answer.
    func ask(
        _ method: String,
        _ path: String,
        token: String,
        type: String = "application/json",
        _ body: [UInt8] = []
    ) throws -> (status: Int, body: [UInt8]) {
        let lines = [
            "\(method) \(path) HTTP/1.1", "Host: localhost", "Authorization: Bearer \(token)", "Content-Type: \(type)",
            "Content-Length: \(body.count)", "", "",
        ]
        try socket.write(Array(lines.joined(separator: "\r\n").utf8) + body)
        var text = ""
        while true {
            if let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
                text = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
                rest.removeFirst(end.upperBound)
                break
            }
            try readMore()
        }
        let fields = text.split(separator: "\r\n")
        let words = (fields.first ?? "").split(separator: " ")
        let field = fields.first { $0.lowercased().hasPrefix("content-length:") }
        guard words.count >= 2, let status = Int(words[1]) else { throw Rig.Failure(description: "No answer of HTTP: \(text)") }
        let count = field.flatMap { Int($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) } ?? 0
        while rest.count < count { try readMore() }
        defer { rest.removeFirst(count) }
        return (status, Array(rest[..<count]))
    }

    /// As ``ask(_:_:token:type:_:)``, for what must be answered with 2xx.
    @discardableResult
    func get(_ method: String, _ path: String, token: String, type: String = "application/json", _ body: [UInt8] = []) throws -> [UInt8] {
        let answer = try ask(method, path, token: token, type: type, body)
        guard 200..<300 ~= answer.status else {
            let words = String(decoding: answer.body.prefix(500), as: UTF8.self)
            throw Rig.Failure(description: "\(method) \(path) gave \(answer.status): \(words)")
        }
        return answer.body
    }

    private func readMore() throws {
        let bytes = try socket.read()
        guard !bytes.isEmpty else { throw Rig.Failure(description: "The server closed the connection.") }
        rest += bytes
    }
}
