import Dispatch
import Glibc
import Host
import Synchronization
import TestKit
import Testing

@Suite struct ReadWatchTests {
    /// Reads a pipe to its end through a watch.
    private final class Reader: Sendable {
        private let heard = Mutex<(bytes: [UInt8], isOver: Bool)>(([], false))
        private let watch = Mutex<ReadWatch?>(nil)

        var bytes: [UInt8] { heard.withLock { $0.bytes } }
        var isOver: Bool { heard.withLock { $0.isOver } }

        func begin(_ descriptor: Int32) throws {
            let made = try ReadWatch(descriptor: descriptor, queue: DispatchQueue(label: "test.read")) { [self] in
                var buffer = [UInt8](repeating: 0, count: 100)
                let count = read(descriptor, &buffer, buffer.count)
                if count > 0 { return heard.withLock { $0.bytes += buffer[..<count] } }
                watch.withLock { $0?.cancel() }
                close(descriptor)
                heard.withLock { $0.isOver = true }
            }
            watch.withLock { $0 = made }
        }
    }

    private func makePipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }

    @Test func `everything is read, to the end, while descriptors and children come and go`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for round in 0..<300 {
                        let (reading, writing) = try makePipe()
                        let reader = Reader()
                        if round % 2 == 0 { #expect(write(writing, "early", 5) == 5) }
                        try reader.begin(reading)
                        if round % 2 == 1 { #expect(write(writing, "later", 5) == 5) }
                        // For a moment a child has every descriptor open.
                        if round % 10 == 0 { _ = await (try ChildProcess.start(.init("/bin/true"))).wait() }
                        close(writing)
                        try await within(.seconds(60), "the end of a pipe") {
                            while !reader.isOver { await Task.yield() }
                        }
                        #expect(reader.bytes == Array((round % 2 == 0 ? "early" : "later").utf8))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `after a cancel nothing is called, though the descriptor stays readable`() async throws {
        let (reading, writing) = try makePipe()
        defer { for end in [reading, writing] { close(end) } }
        let queue = DispatchQueue(label: "test.cancelled")
        let calls = Mutex(0)
        let watch = try ReadWatch(descriptor: reading, queue: queue) { calls.withLock { $0 += 1 } }
        #expect(write(writing, "x", 1) == 1)
        // Not read: it is told again and again.
        try await within(.seconds(60), "two calls") { while calls.withLock({ $0 }) < 2 { await Task.yield() } }
        queue.sync { watch.cancel() }
        let count = calls.withLock { $0 }
        // Another one's end shows that the loop went on meanwhile.
        let reader = Reader()
        let other = try makePipe()
        try reader.begin(other.reading)
        close(other.writing)
        try await within(.seconds(60), "the end of a pipe") { while !reader.isOver { await Task.yield() } }
        queue.sync {}
        #expect(calls.withLock { $0 } == count)
    }

    @Test func `what can't be waited for is an error`() throws {
        #expect(throws: HostError.self) { try ReadWatch(descriptor: -1, queue: DispatchQueue(label: "test.none")) {} }
        let file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        #expect(throws: HostError.self) { try ReadWatch(descriptor: file, queue: DispatchQueue(label: "test.none")) {} }
    }
}
