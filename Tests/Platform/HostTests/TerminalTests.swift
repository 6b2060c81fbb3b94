import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Host

@Suite struct TerminalTests {
    @Test func `all bytes arrive, however little the pipe takes at once`() async throws {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        async let written: Void = Self.write(bytes, to: writing)
        let received = await Self.readAll(reading)
        try await written
        #expect(received == bytes)
        close(reading)
    }

    @Test func `a reader that went away is told apart from a real failure`() throws {
        Terminal.ignoreBrokenPipes()
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        let error = #expect(throws: HostError.self) { try Terminal(descriptor: ends[1]).write("x") }
        #expect(error?.isClosedPipe == true)
        close(ends[1])

        let full = open("/dev/full", O_WRONLY)
        let failure = #expect(throws: HostError.self) { try Terminal(descriptor: full).write("x") }
        #expect(failure?.isClosedPipe == false)
        #expect(failure?.errno == ENOSPC)
        close(full)
    }

    @Test func `a file is no terminal and has no size`() {
        let file = open("/dev/null", O_RDWR)
        #expect(!Terminal(descriptor: file).isTerminal)
        #expect(Terminal(descriptor: file).size == nil)
        #expect(Terminal(descriptor: file).readLine() == nil)
        close(file)
    }

    @Test func `lines are read one by one, the last one without an end, too`() throws {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        try Terminal(descriptor: ends[1]).write("one\n\nthree")
        close(ends[1])
        let reading = Terminal(descriptor: ends[0])
        #expect([reading.readLine(), reading.readLine(), reading.readLine(), reading.readLine()] == ["one", "", "three", nil])
        close(ends[0])
    }

    @Test func `nobody waits for a line that isn't wanted any more`() {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        var asked = 0
        let line = Terminal(descriptor: ends[0]).readLine {
            asked += 1
            return asked < 3
        }
        #expect(line == nil)
        #expect(asked == 3)
        for end in ends { close(end) }
    }

    /// Writes on a queue: a wait must not hold a thread of Swift's pool.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue(label: "test.terminal").async {
                continuation.resume(with: Result { try Terminal(descriptor: descriptor).write(bytes) })
                close(descriptor)
            }
        }
    }

    @concurrent private static func readAll(_ descriptor: Int32) async -> [UInt8] {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 { received += buffer[0..<count] }
            if count == 0 { return received }
            if count < 0 { await Task.yield() }
        }
    }
}

/// Signals belong to the whole process: these run one after the other, and nothing else here sends any to itself.
@Suite(.serialized) struct InterruptHandlerTests {
    @Test func `the first signal and a second Ctrl-C are told apart`() async {
        let calls = Mutex<[String]>([])
        let handler = InterruptHandler {
            calls.withLock { $0.append("first") }
        } again: {
            calls.withLock { $0.append("again") }
        }
        kill(getpid(), SIGTERM)
        #expect(await Self.eventually { calls.withLock { $0 } == ["first"] })
        kill(getpid(), SIGTERM)
        kill(getpid(), SIGINT)
        #expect(await Self.eventually { calls.withLock { $0 } == ["first", "again"] })
        kill(getpid(), SIGINT)
        #expect(await Self.eventually { calls.withLock { $0 } == ["first", "again", "again"] })
        withExtendedLifetime(handler) {}
    }

    private static func eventually(_ condition: () -> Bool) async -> Bool {
        let end = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < end {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return false
    }
}
