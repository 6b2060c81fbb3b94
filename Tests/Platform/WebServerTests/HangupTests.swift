import TestKit
import Testing

@testable import WebServer

@Suite struct HangupTests {
    @Test(arguments: [true, false]) func `a client that goes away cancels the handler`(_ byReset: Bool) async throws {
        let (began, cancelled) = (Gate(), Gate())
        try await withServer(
            { _ in },
            { _ in
                began.open()
                do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.open() }
                return .text("nobody reads it")
            }
        ) { server, port in
            let client = try RawClient(port: port)
            await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            try await began.awaited("the handler")
            if byReset { client.reset() } else { client.disconnect() }
            try await cancelled.awaited("the cancellation")
            try await eventually("no connection") { server.connectionCount == 0 }
        }
    }

    @Test func `a client that goes away after its body cancels the handler, too`() async throws {
        let (began, cancelled) = (Gate(), Gate())
        try await withServer(
            { _ in },
            { request in
                _ = await echo(request)
                began.open()
                do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.open() }
                return .text("nobody reads it")
            }
        ) { _, port in
            let client = try RawClient(port: port)
            await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")
            try await began.awaited("the handler")
            client.disconnect()
            try await cancelled.awaited("the cancellation")
        }
    }

    @Test(arguments: [true, false]) func `a client that goes away ends a stream, idle or full`(_ isFull: Bool) async throws {
        let ended = Gate()
        try await withServer(
            { _ in },
            { _ in
                .stream { writer in
                    defer { ended.open() }
                    try await writer.write("first")
                    if !isFull { try await Task.sleep(for: .seconds(60)) }
                    while true { try await writer.write([UInt8](repeating: 1, count: 100_000)) }
                }
            }
        ) { _, port in
            let client = try RawClient(port: port)
            await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try await client.receive(20)
            client.disconnect()
            try await ended.awaited("the stream's end")
        }
    }
}
