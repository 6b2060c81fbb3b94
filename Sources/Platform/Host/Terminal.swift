internal import CLinux
internal import Glibc

/// A file descriptor that a person may sit at: standard input, output or error.
package struct Terminal: Sendable {
    /// Columns and rows of a terminal.
    package struct Size: Sendable, Hashable {
        package let columns: Int
        package let rows: Int

        package init(columns: Int, rows: Int) {
            self.columns = columns
            self.rows = rows
        }
    }

    package let descriptor: Int32

    package init(descriptor: Int32) { self.descriptor = descriptor }

    package static let standardInput = Terminal(descriptor: STDIN_FILENO)
    package static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
    package static let standardError = Terminal(descriptor: STDERR_FILENO)

    /// A person sees or types this, not a file or a pipe.
    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// The size right now; nil when it is no terminal or doesn't say.
    package var size: Size? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    /// The process outlives a reader that went away: a write then fails with `EPIPE` instead of ending it.
    ///
    /// Call once at the start. An ignored signal is inherited: whoever starts a child sets SIGPIPE back to its default there.
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// Writes all of it, however often the system takes only a part or is interrupted; blocks while the reader is slow.
    ///
    /// - Throws: ``HostError``; see ``HostError/isClosedPipe`` for a reader that went away.
    package func write(_ text: String) throws(HostError) { try write(Array(text.utf8)) }

    /// Writes all bytes; see ``write(_:)-(String)``.
    ///
    /// - Throws: ``HostError``; see ``HostError/isClosedPipe`` for a reader that went away.
    package func write(_ bytes: [UInt8]) throws(HostError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset) }
            if count >= 0 {
                offset += count
            } else if errno == EAGAIN {
                wait(for: POLLOUT, milliseconds: 1000)
            } else if errno != EINTR {
                throw HostError(errno: errno, doing: "write to", path: name)
            }
        }
    }

    /// Reads one line without its end, at most 64 KB of it; blocks.
    ///
    /// - Parameter isWanted: Asked every 50 ms; false ends the wait.
    /// - Returns: Nil at the end of the input, on an error, or when it isn't wanted any more.
    package func readLine(while isWanted: () -> Bool = { true }) -> String? {
        var line: [UInt8] = []
        while line.count < 65536 {
            guard isWanted() else { return nil }
            guard wait(for: POLLIN, milliseconds: 50) else { continue }
            var byte: UInt8 = 0
            // Byte by byte, so that nothing of the next line is taken away from whoever reads next.
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count == 1 else { return line.isEmpty ? nil : String(decoding: line, as: UTF8.self) }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// As ``readLine(while:)``, while the terminal shows nothing of what is typed.
    package func readSecret(while isWanted: () -> Bool = { true }) -> String? {
        var shown = termios()
        guard tcgetattr(descriptor, &shown) == 0 else { return readLine(while: isWanted) }
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(descriptor, TCSAFLUSH, &hidden)
        defer { tcsetattr(descriptor, TCSAFLUSH, &shown) }
        return readLine(while: isWanted)
    }

    // MARK: Details

    private var name: String {
        switch descriptor {
        case STDIN_FILENO: "standard input"
        case STDOUT_FILENO: "standard output"
        case STDERR_FILENO: "standard error"
        default: "descriptor \(descriptor)"
        }
    }

    @discardableResult
    private func wait(for events: Int32, milliseconds: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return poll(&request, 1, milliseconds) > 0
    }
}

extension HostError {
    /// The reader of a pipe went away, as `| head` does: nothing to complain about.
    package var isClosedPipe: Bool { errno == EPIPE }
}
