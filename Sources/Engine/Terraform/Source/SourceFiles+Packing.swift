/// Packs a source into one run of bytes, to be sealed and stored, and back.
///
/// The format: `slipway-source-1` and a line feed; then each entry, by path: a kind byte (`f` file, `x` executable file, `l` link),
/// the path's and the content's (or target's) length in bytes as 32-bit big-endian numbers, the path, the content.
extension SourceFiles {
    private static let magic = Array("slipway-source-1\n".utf8)

    package func packed() -> [UInt8] {
        var bytes = Self.magic
        for entry in entries {
            let path = Array(entry.path.utf8)
            let (kind, content): (UInt8, [UInt8]) =
                switch entry.content {
                case .file(let bytes, let isExecutable): (isExecutable ? UInt8(ascii: "x") : UInt8(ascii: "f"), bytes)
                case .link(let target): (UInt8(ascii: "l"), Array(target.utf8))
                }
            bytes.append(kind)
            for length in [path.count, content.count] {
                for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
            }
            bytes += path
            bytes += content
        }
        return bytes
    }

    /// Unpacks, and checks again: what comes out is as safe as what went in.
    ///
    /// - Parameter packed: What ``packed()`` gave.
    /// - Throws: ``TerraformError/Reason/packedSourceDamaged`` when it is not that.
    package init(packed: [UInt8]) throws(TerraformError) {
        guard packed.starts(with: Self.magic) else { throw TerraformError(.packedSourceDamaged) }
        var entries: [Entry] = []
        var index = Self.magic.count
        while index < packed.count {
            guard packed.count - index >= 9 else { throw TerraformError(.packedSourceDamaged) }
            let pathLength = Self.number(packed[(index + 1)..<(index + 5)])
            let contentLength = Self.number(packed[(index + 5)..<(index + 9)])
            let start = index + 9
            guard packed.count - start >= pathLength + contentLength,
                let path = String(validating: packed[start..<(start + pathLength)], as: UTF8.self)
            else { throw TerraformError(.packedSourceDamaged) }
            let content = packed[(start + pathLength)..<(start + pathLength + contentLength)]
            switch packed[index] {
            case UInt8(ascii: "f"): entries.append(Entry(path: path, content: .file(Array(content), isExecutable: false)))
            case UInt8(ascii: "x"): entries.append(Entry(path: path, content: .file(Array(content), isExecutable: true)))
            case UInt8(ascii: "l"): entries.append(Entry(path: path, content: .link(String(decoding: content, as: UTF8.self))))
            default: throw TerraformError(.packedSourceDamaged)
            }
            index = start + pathLength + contentLength
        }
        try self.init(entries: entries)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
