import Dispatch
import Glibc
import Synchronization
import TestKit

/// An HTTP server on the loopback whose every answer a test decides, good or bad.
final class ScriptedServer: Sendable {
    /// A request as it arrived.
    struct Received: Sendable {
        /// The first line and the header lines.
        let head: String
        let body: [UInt8]

        func header(_ name: String) -> String? {
            let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("\(name.lowercased()):") }
            return line.map { String($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) }
        }
    }

    enum Answer: Sendable {
        case status(Int, headers: [String] = [], body: [UInt8] = [])
        /// Bytes as they are; then the connection is closed.
        case raw(String)
        /// Bytes as they are; then nothing more until the client goes.
        case rawThenSilence(String)
        /// An answer, after which the connection is closed without a word about it.
        case lastOfConnection(String)
        /// An answer; the connection is cut when so many bytes of the next request have come.
        case cutNext(String, after: Int)
    }

    typealias Script = @Sendable (_ request: Received, _ number: Int) -> Answer

    struct Counts: Sendable {
        var requests = 0
        var connections = 0
        var open = 0
        var mostOpen = 0
    }

    let port: Int
    private let listener: Int32
    private let script: Script
    private let state = Mutex(Counts())

    var url: String { "http://127.0.0.1:\(port)" }
    var counts: Counts { state.withLock { $0 } }

    /// Listens on a Unix socket.
    init(path: String, _ script: @escaping Script) throws {
        self.script = script
        port = 0
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 && listen(descriptor, 64) == 0
            }
        }
        guard isListening else { throw TooLate(description: "a listening socket") }
        accepting()
    }

    init(_ script: @escaping Script) throws {
        self.script = script
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0 && listen(descriptor, 64) == 0
            }
        }
        guard isListening else { throw TooLate(description: "a listening socket") }
        port = Int(UInt16(bigEndian: address.sin_port))
        accepting()
    }

    private func accepting() {
        let descriptor = listener
        // Ends when deinit shuts the socket down: the closure holds the server only while it accepts.
        DispatchQueue(label: "scripted server").async { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { break }
                self?.begin(connection)
            }
            close(descriptor)
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    private func begin(_ connection: Int32) {
        state.withLock {
            $0.connections += 1
            $0.open += 1
            $0.mostOpen = max($0.mostOpen, $0.open)
        }
        DispatchQueue(label: "scripted connection").async {
            self.serve(connection)
            self.state.withLock { $0.open -= 1 }
            // Closing alone does not end it where another test's child process has inherited it.
            shutdown(connection, Int32(SHUT_RDWR))
            close(connection)
        }
    }

    private func serve(_ connection: Int32) {
        var buffer: [UInt8] = []
        while let request = Self.read(connection, &buffer) {
            let number = state.withLock { counts in
                counts.requests += 1
                return counts.requests
            }
            switch script(request, number) {
            case .status(let status, let headers, let body):
                let lines = ["HTTP/1.1 \(status) Scripted"] + headers + ["Content-Length: \(body.count)"]
                let isHead = request.head.hasPrefix("HEAD ")
                Self.write(connection, Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (isHead ? [] : body))
            case .raw(let text), .lastOfConnection(let text):
                return Self.write(connection, Array(text.utf8))
            case .cutNext(let text, let count):
                Self.write(connection, Array(text.utf8))
                var next = [UInt8](repeating: 0, count: count)
                // What is left unread makes the end a reset.
                _ = recv(connection, &next, count, Int32(MSG_WAITALL))
                return
            case .rawThenSilence(let text):
                Self.write(connection, Array(text.utf8))
                var byte: UInt8 = 0
                _ = recv(connection, &byte, 1, 0)
                return
            }
        }
    }

    private static func read(_ connection: Int32, _ buffer: inout [UInt8]) -> Received? {
        while true {
            if let end = firstBlankLine(in: buffer) {
                let head = String(decoding: buffer[..<end], as: UTF8.self)
                let length = Received(head: head, body: []).header("Content-Length").flatMap { Int($0) } ?? 0
                if buffer.count >= end + 4 + length {
                    let body = Array(buffer[(end + 4)..<(end + 4 + length)])
                    buffer.removeFirst(end + 4 + length)
                    return Received(head: head, body: body)
                }
            }
            var piece = [UInt8](repeating: 0, count: 65536)
            let count = recv(connection, &piece, piece.count, 0)
            guard count > 0 else { return nil }
            buffer += piece[..<count]
        }
    }

    private static func firstBlankLine(in bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { bytes[$0] == 13 && bytes[$0 + 1] == 10 && bytes[$0 + 2] == 13 && bytes[$0 + 3] == 10 }
    }

    private static func write(_ connection: Int32, _ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(connection, $0.baseAddress?.advanced(by: offset), bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            offset += count
        }
    }
}

/// Waits until something is so.
func eventually(_ what: String, _ condition: @escaping @Sendable () async -> Bool) async throws {
    try await within(.seconds(20), what) {
        while await !condition() { try await Task.sleep(for: .milliseconds(5)) }
    }
}
