import FoundationEssentials

/// One client of the Pusher protocol, until it has subscribed.
final class EventSocket {
    let socket: LoopbackSocket
    /// What has come and isn't taken yet.
    private(set) var rest: [UInt8] = []

    /// Connects and subscribes.
    ///
    /// - Parameters:
    ///   - server: Where.
    ///   - channel: As the protocol names it: `private-…`.
    ///   - since: The position to begin after; nil: from now on.
    ///   - token: Asks for the signature.
    ///   - signer: Asks for it on this connection.
    ///   - neighbour: See ``LoopbackSocket``.
    /// - Throws: ``Rig/Failure`` when the server doesn't let it in.
    init(_ server: Served, channel: String, since: Int? = nil, token: String, signer: HTTPConnection, neighbour: UInt8 = 1) throws {
        socket = try LoopbackSocket(port: server.port, neighbour: neighbour)
        let head = "GET /app/slipway?protocol=7 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        try socket.write(Array((head + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").utf8))
        while true {
            rest += try more()
            guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            guard rest.starts(with: Array("HTTP/1.1 101 ".utf8)) else {
                throw Rig.Failure(description: "No WebSocket: \(String(decoding: rest, as: UTF8.self))")
            }
            rest.removeFirst(end.upperBound)
            break
        }
        // {"event":"pusher:connection_established","data":"{\"socket_id\":\"1.2\",…
        let words = try text(with: "connection_established").split(separator: "\"")
        guard let index = words.firstIndex(where: { $0 == "socket_id\\" }), words.count > index + 2 else {
            throw Rig.Failure(description: "The server gave no socket_id.")
        }
        let id = words[index + 2].dropLast()
        let form = Array("socket_id=\(id)&channel_name=\(channel)".utf8)
        let answer = String(
            decoding: try signer.get("POST", "/broadcasting/auth", token: token, type: "application/x-www-form-urlencoded", form),
            as: UTF8.self
        )
        guard let signature = answer.split(separator: "\"").first(where: { $0.hasPrefix("slipway:") }) else {
            throw Rig.Failure(description: "No signature: \(answer)")
        }
        let begin = since.map { ",\"since\":\($0)" } ?? ""
        let wish = "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"\(channel)\",\"auth\":\"\(signature)\"\(begin)}}"
        try socket.write(WireFrame.bytes(opcode: 1, Array(wish.utf8)))
        _ = try text(with: "subscription_succeeded")
    }

    /// The next message; waits for it.
    func next() throws -> String {
        while true {
            while let frame = WireFrame(rest[...]) {
                rest.removeFirst(frame.count)
                if frame.opcode == 9 { try socket.write(WireFrame.bytes(opcode: 10, Array(frame.payload))) }
                if frame.opcode == 1 { return String(decoding: frame.payload, as: UTF8.self) }
                if frame.opcode == 8 { throw Rig.Failure(description: "The server closed the WebSocket.") }
            }
            rest += try more()
        }
    }

    private func text(with word: String) throws -> String {
        while true {
            let text = try next()
            if text.contains(word) { return text }
            if text.contains("error") { throw Rig.Failure(description: text) }
        }
    }

    private func more() throws -> [UInt8] {
        let bytes = try socket.read()
        guard !bytes.isEmpty else { throw Rig.Failure(description: "The server closed the connection.") }
        return bytes
    }
}

/// A WebSocket's frame; RFC 6455, section 5.2.
struct WireFrame {
    let opcode: UInt8
    let payload: ArraySlice<UInt8>
    /// With its header.
    let count: Int

    /// The first frame of a server's bytes; nil when it isn't whole yet.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= 2 else { return nil }
        let start = bytes.startIndex
        var (head, length) = (2, Int(bytes[start + 1] & 0x7F))
        if length >= 126 {
            let width = length == 126 ? 2 : 8
            guard bytes.count >= 2 + width else { return nil }
            length = bytes[(start + 2)..<(start + 2 + width)].reduce(0) { $0 << 8 | Int($1) }
            head += width
        }
        guard bytes.count >= head + length else { return nil }
        opcode = bytes[start] & 15
        payload = bytes[(start + head)..<(start + head + length)]
        count = head + length
    }

    /// A client's frame; its mask is four zeros, which change nothing.
    static func bytes(opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count < 126 ? [0x80 | UInt8(payload.count)] : [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        return [0x80 | opcode] + length + [0, 0, 0, 0] + payload
    }
}
