internal import CLinux
internal import Dispatch
internal import Glibc

/// The descriptors a child is started with, and the parent's ends of its pipes.
final class SpawnPipes: Sendable {
    /// Descriptors for the child's 0, 1, 2, 3, …; all are above any target number, so that none is overwritten before it is copied.
    let childEnds: [Int32]
    private let inputPipe: (descriptor: Int32, bytes: [UInt8])?
    private let readers: [PipeReader]

    init(_ command: ChildProcess.Command) throws(HostError) {
        var ends: [Int32] = []
        var readers: [PipeReader] = []
        var inputPipe: (Int32, [UInt8])?
        do throws(HostError) {
            switch command.input {
            case .null: ends.append(try Self.open("/dev/null", O_RDONLY))
            case .descriptor(let descriptor): ends.append(try Self.duplicate(descriptor))
            case .bytes(let bytes):
                let (reading, writing) = try Self.pipe()
                ends.append(reading)
                inputPipe = (writing, bytes)
            }
            for output in [command.output, command.errorOutput] {
                switch output {
                case .null: ends.append(try Self.open("/dev/null", O_WRONLY))
                case .file(let path): ends.append(try Self.open(path, O_WRONLY | O_CREAT | O_APPEND))
                case .descriptor(let descriptor): ends.append(try Self.duplicate(descriptor))
                case .pieces(let receive):
                    let (reading, writing) = try Self.pipe()
                    ends.append(writing)
                    readers.append(PipeReader(descriptor: reading, receive: receive))
                }
            }
            for inherited in command.inherited { ends.append(try Self.duplicate(inherited.number)) }
        } catch {
            for descriptor in ends { close(descriptor) }
            for reader in readers { reader.abandon() }
            if let inputPipe { close(inputPipe.0) }
            throw error
        }
        childEnds = ends
        self.readers = readers
        self.inputPipe = inputPipe
    }

    /// The child has its copies.
    func closeChildEnds() { for descriptor in childEnds { close(descriptor) } }

    /// The child runs: feeds it and reads from it.
    func begin() {
        for reader in readers { reader.begin() }
        guard let inputPipe else { return }
        let (descriptor, bytes) = inputPipe
        // A child may read slowly or never: not on a thread that someone needs. Ends when the child does, for then the pipe breaks.
        DispatchQueue.global().async {
            bytes.withUnsafeBytes { buffer in
                var offset = 0
                while offset < buffer.count {
                    let count = write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                    if count < 0 && errno == EINTR { continue }
                    guard count > 0 else { break }
                    offset += count
                }
            }
            close(descriptor)
        }
    }

    /// The child ended: what it wrote is in the pipes, and what a grandchild may still write is nobody's concern.
    func finish() { for reader in readers { reader.finish() } }

    /// The child didn't start.
    func abandon() {
        for reader in readers { reader.abandon() }
        if let inputPipe { close(inputPipe.descriptor) }
    }

    // MARK: - Details

    /// Above every number a child is given.
    private static let lowest: Int32 = 64

    private static func open(_ path: String, _ flags: Int32) throws(HostError) -> Int32 {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HostError(errno: errno, doing: "open", path: path) }
        defer { close(descriptor) }
        return try duplicate(descriptor)
    }

    private static func duplicate(_ descriptor: Int32) throws(HostError) -> Int32 {
        let copy = slipway_duplicate_above(descriptor, lowest)
        guard copy >= 0 else { throw HostError(errno: errno, doing: "copy", path: "descriptor \(descriptor)") }
        return copy
    }

    private static func pipe() throws(HostError) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw HostError(errno: errno, doing: "make", path: "a pipe") }
        defer { for end in ends { close(end) } }
        let reading = try duplicate(ends[0])
        do throws(HostError) {
            return (reading, try duplicate(ends[1]))
        } catch {
            close(reading)
            throw error
        }
    }
}
