import TestKit

/// A WebSocket client that sends exactly the frames a test wants, good or bad.
struct WebSocketClient: Sendable {
    struct Frame: Sendable, Equatable {
        var opcode: UInt8
        var payload: [UInt8]
        var isLast = true
    }

    static let handshake = """
        GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
        """

    let raw: RawClient

    /// Connects and shakes hands.
    init(port: Int, receiveBuffer: Int? = nil) async throws { try await self.init(RawClient(port: port, receiveBuffer: receiveBuffer)) }

    init(_ raw: RawClient) async throws {
        self.raw = raw
        let answer = try await raw.ask(Self.handshake)
        guard answer.status == 101, answer.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
            throw RawClient.Failure(description: answer.head)
        }
    }

    @discardableResult
    func send(opcode: UInt8, _ payload: [UInt8], isLast: Bool = true, reserved: UInt8 = 0, isMasked: Bool = true) async -> Bool {
        await raw.send(Self.encode(opcode: opcode, payload, isLast: isLast, reserved: reserved, isMasked: isMasked))
    }

    @discardableResult
    func send(_ text: String) async -> Bool { await send(opcode: 1, Array(text.utf8)) }

    static func encode(opcode: UInt8, _ payload: [UInt8], isLast: Bool = true, reserved: UInt8 = 0, isMasked: Bool = true) -> [UInt8] {
        var bytes = [(isLast ? 0x80 : 0) | reserved << 4 | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ..<126: bytes.append(mask | UInt8(payload.count))
        case ..<65_536: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: bytes += [mask | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        }
        guard isMasked else { return bytes + payload }
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        bytes += key
        bytes.reserveCapacity(bytes.count + payload.count)
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index & 3]) }
        return bytes
    }

    /// The next frame; the server's frames aren't masked.
    func receive() async throws -> Frame {
        let head = try await raw.receive(2)
        var count = Int(head[1])
        if count == 126 { count = try await raw.receive(2).reduce(0) { $0 << 8 | Int($1) } }
        if count == 127 { count = try await raw.receive(8).reduce(0) { $0 << 8 | Int($1) } }
        return Frame(opcode: head[0] & 0x0F, payload: try await raw.receive(count), isLast: head[0] & 0x80 != 0)
    }

    /// The next text, pings answered meanwhile.
    func text() async throws -> String {
        while true {
            let frame = try await receive()
            if frame.opcode == 9 { await send(opcode: 10, frame.payload) }
            if frame.opcode == 1 { return String(decoding: frame.payload, as: UTF8.self) }
            if frame.opcode == 8 { throw RawClient.Failure(description: "closed: \(frame.payload)") }
        }
    }

    /// The code of the close that comes next, after what comes before it.
    func closeCode() async throws -> Int {
        while true {
            let frame = try await receive()
            if frame.opcode == 8 { return frame.payload.prefix(2).reduce(0) { $0 << 8 | Int($1) } }
        }
    }
}
