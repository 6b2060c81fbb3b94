/// Writes a source as a tar archive, as ``init(archive:)`` and every `tar` reads it: ustar, with GNU's long names.
extension SourceFiles {
    /// The archive, uncompressed; no times, owners or folders.
    package var archive: [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries {
            switch entry.content {
            case .file(let content, let isExecutable):
                Self.write(entry.path, "", kind: "0", mode: isExecutable ? 0o755 : 0o644, content, to: &bytes)
            case .link(let target):
                Self.write(entry.path, target, kind: "2", mode: 0o777, [], to: &bytes)
            }
        }
        // Two empty blocks end an archive.
        return bytes + [UInt8](repeating: 0, count: 1024)
    }

    private static func write(_ path: String, _ target: String, kind: Character, mode: Int, _ content: [UInt8], to bytes: inout [UInt8]) {
        // What doesn't fit its field goes before, as the content of an entry of its own.
        for (text, kind) in [(target, Character("K")), (path, Character("L"))] where text.utf8.count > 100 {
            write("././@LongLink", "", kind: kind, mode: 0o644, Array(text.utf8) + [0], to: &bytes)
        }
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int, upTo length: Int) {
            for (index, byte) in text.utf8.prefix(length).enumerated() { header[offset + index] = byte }
        }
        func octal(_ number: Int, digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(path, at: 0, upTo: 100)
        put(octal(mode, digits: 7), at: 100, upTo: 8)
        put(octal(0, digits: 7), at: 108, upTo: 8)
        put(octal(0, digits: 7), at: 116, upTo: 8)
        put(octal(content.count, digits: 11), at: 124, upTo: 12)
        put(octal(0, digits: 11), at: 136, upTo: 12)
        header[156] = kind.asciiValue ?? 0x30
        put(target, at: 157, upTo: 100)
        put("ustar", at: 257, upTo: 6)
        put("00", at: 263, upTo: 2)
        // The checksum counts its own field as blanks.
        let sum = header.reduce(8 * 0x20) { $0 + Int($1) }
        put(octal(sum, digits: 6), at: 148, upTo: 6)
        header[155] = 0x20
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }
}
