import CLinux
import Glibc

/// The input under work, in memory that two processes share: it is still there when the one that works on it is not.
final class CaseFile: @unchecked Sendable {
    // @unchecked: one process has one writer, and whoever reads reads again.
    private static let headSize = 64
    private let memory: UnsafeMutableRawPointer
    private let size: Int

    /// Maps a file; makes it when it isn't there.
    init(_ path: String, largest: Int) throws {
        size = Self.headSize + largest
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        guard descriptor >= 0, ftruncate(descriptor, size) == 0,
            let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { throw FuzzTarget.Finding(description: "can't map \(path): \(String(cString: strerror(errno)))") }
        self.memory = memory
    }

    deinit { munmap(memory, size) }

    /// Says what is worked on from now on.
    func begin(_ iteration: UInt64, _ input: [UInt8]) {
        store(0, at: 0)
        input.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { memcpy(memory + Self.headSize, start, bytes.count) }
        }
        store(UInt64(input.count), at: 8)
        store(iteration, at: 16)
        store(Clock.processor(of: getpid()), at: 24)
        store(Clock.now(), at: 32)
        store(1, at: 0)
    }

    /// Says that it is over.
    func end() {
        store(0, at: 0)
        store(doneCount + 1, at: 40)
        let used = Clock.processor(of: getpid()) &- processorAtBegin
        if used > slowest { store(used, at: 48) }
    }

    /// Something is worked on.
    var isBusy: Bool { load(0) == 1 }
    var iteration: UInt64 { load(16) }
    /// Nanoseconds of the processors that the process had used when the work began.
    var processorAtBegin: UInt64 { load(24) }
    var begin: UInt64 { load(32) }
    var doneCount: UInt64 { load(40) }
    /// What the input took that took most, in nanoseconds of the processors.
    var slowest: UInt64 { load(48) }
    var input: [UInt8] {
        Array(UnsafeRawBufferPointer(start: memory + Self.headSize, count: min(Int(clamping: load(8)), size - Self.headSize)))
    }

    private func store(_ number: UInt64, at offset: Int) { memory.storeBytes(of: number, toByteOffset: offset, as: UInt64.self) }
    private func load(_ offset: Int) -> UInt64 { memory.load(fromByteOffset: offset, as: UInt64.self) }
}

/// Times in nanoseconds.
enum Clock {
    static func now() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// What all threads of a process have used of the processors; 0 when it is gone.
    static func processor(of pid: pid_t) -> UInt64 {
        var clock = clockid_t()
        return clock_getcpuclockid(pid, &clock) == 0 ? read(clock) : 0
    }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
