/// Cuts a stream of bytes into lines; of a line that is too long the beginning is kept and the rest dropped.
struct LineSplitter {
    /// The longest line that is kept, in bytes.
    static let limit = 1 << 20

    struct Line: Equatable {
        var bytes: [UInt8]
        var isTruncated: Bool
    }

    private var rest: [UInt8] = []
    private var isTruncated = false

    /// The lines that these bytes complete, without their ends (`\n` or `\r\n`); empty ones are left out.
    mutating func add(_ bytes: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            keep(bytes[start..<end])
            if let line = finish() { lines.append(line) }
            start = end + 1
        }
        keep(bytes[start...])
        return lines
    }

    /// What follows the last line end, once no more will come.
    mutating func finish() -> Line? {
        if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
        defer {
            rest = []
            isTruncated = false
        }
        return rest.isEmpty ? nil : Line(bytes: rest, isTruncated: isTruncated)
    }

    private mutating func keep(_ piece: ArraySlice<UInt8>) {
        let room = Self.limit - rest.count
        if piece.count > room { isTruncated = true }
        rest += piece.prefix(room)
    }
}
