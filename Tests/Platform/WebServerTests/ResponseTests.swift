import Host
import Synchronization
import TestKit
import Testing

@testable import WebServer

@Suite struct ResponseTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test(arguments: [0, 1, 65_536, 65_537, 5_000_000])
    func `a body of bytes goes out whole, with its length`(_ count: Int) async throws {
        let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try await withServer({ _ in }, { _ in .bytes(body, type: "application/octet-stream") }) { _, port in
            let client = try RawClient(port: port)
            for _ in 0..<2 {
                let answer = try await client.ask(Self.get)
                #expect(answer.body == body && answer.header("Content-Length") == "\(count)")
            }
        }
    }

    @Test func `a file goes out whole, and HEAD tells its length`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        try FileSystem.write(body, to: folder.path + "/file")
        let file = try OpenFile(reading: folder.path + "/file")
        try await withServer({ _ in }, { _ in Response(body: .file(file)) }) { _, port in
            let client = try RawClient(port: port)
            for _ in 0..<2 { #expect(try await client.ask(Self.get).body == body) }
            #expect(try await client.ask("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").header("Content-Length") == "300000")
        }
    }

    @Test func `a stream goes out in chunks, or with its length when that is known`() async throws {
        try await withServer(
            { _ in },
            { request in
                .stream(length: request.path == "/known" ? 3000 : nil) { writer in
                    for number in 0..<300 { try await writer.write([UInt8](repeating: UInt8(number & 0xFF), count: 10)) }
                }
            }
        ) { _, port in
            let client = try RawClient(port: port)
            let whole = (0..<300).flatMap { [UInt8](repeating: UInt8($0 & 0xFF), count: 10) }
            let chunked = try await client.ask(Self.get)
            #expect(chunked.body == whole && chunked.header("Transfer-Encoding") == "chunked")
            let known = try await client.ask("GET /known HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(known.body == whole && known.header("Content-Length") == "3000")
        }
    }

    @Test func `what a stream writes reaches the client before the stream ends`() async throws {
        let gate = Gate()
        try await withServer(
            { _ in },
            { _ in
                .stream { writer in
                    try await writer.write("first")
                    await gate.wait()
                    try await writer.write("second")
                }
            }
        ) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.get)
            var seen = ""
            while !seen.hasSuffix("first\r\n") { seen += String(decoding: try await client.receive(1), as: UTF8.self) }
            gate.open()
            #expect(
                await { () async -> Bool in
                    var rest = ""
                    while !rest.hasSuffix("0\r\n\r\n"), let byte = try? await client.receive(1) {
                        rest += String(decoding: byte, as: UTF8.self)
                    }
                    return rest.contains("second")
                }()
            )
        }
    }

    @Test func `a client that takes nothing makes the stream wait`() async throws {
        let written = Atomic(0)
        let isDone = Gate()
        try await withServer(
            { _ in },
            { _ in
                .stream { writer in
                    for _ in 0..<300 {
                        try await writer.write([UInt8](repeating: 1, count: 100_000))
                        written.add(1, ordering: .relaxed)
                    }
                    isDone.open()
                }
            }
        ) { _, port in
            let client = try RawClient(port: port, receiveBuffer: 64 * 1024)
            await client.send(Self.get)
            // Still for 200 ms: it waits.
            var last = -1
            try await eventually("the wait") {
                let now = written.load(ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(200))
                return now > 0 && now == written.load(ordering: .relaxed)
            }
            last = written.load(ordering: .relaxed)
            #expect(last < 270 && !isDone.isOpen)
            #expect(try await client.answer().body.count == 30_000_000)
            #expect(isDone.isOpen)
        }
    }

    @Test func `a stream that gives less than it announced cuts the connection`() async throws {
        try await withServer({ _ in }, { _ in .stream(length: 100) { writer in try await writer.write("half") } }) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.get)
            #expect(try await client.receiveToEnd().hasSuffix("half"))
        }
    }

    @Test func `a stream that fails cuts the connection, so that half is not taken for the whole`() async throws {
        struct Broken: Error {}
        try await withServer(
            { _ in },
            { _ in
                .stream { writer in
                    try await writer.write("half")
                    throw Broken()
                }
            }
        ) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.get)
            #expect(try await !client.receiveToEnd().hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func `a line break in a header is never sent`() async throws {
        try await withServer({ _ in }, { _ in Response(headers: [HeaderField("X", "a\r\nInjected: b")]) }) { _, port in
            let answer = try await RawClient(port: port).ask(Self.get)
            #expect(answer.status == 500 && answer.header("Injected") == nil)
        }
    }

    @Test func `a handler's own framing lines are left out`() async throws {
        let lines = [HeaderField("content-length", "5"), HeaderField("Transfer-Encoding", "x"), HeaderField("Connection", "close")]
        try await withServer({ _ in }, { _ in Response(headers: lines, body: .bytes([65, 66])) }) { _, port in
            let client = try RawClient(port: port)
            for _ in 0..<2 {
                let answer = try await client.ask(Self.get)
                #expect(answer.text == "AB" && answer.header("Transfer-Encoding") == nil && answer.header("Connection") == nil)
            }
        }
    }

    @Test(arguments: [204, 304]) func `statuses without a body have none`(_ status: Int) async throws {
        try await withServer({ _ in }, { $0.path == "/" ? Response(status: status) : .text("next") }) { _, port in
            let client = try RawClient(port: port)
            #expect(try await client.ask(Self.get).status == status)
            #expect(try await client.ask("GET /x HTTP/1.1\r\nHost: h\r\n\r\n").text == "next")
        }
    }
}
