import Sealing

@testable import Terraform

extension FuzzTarget {
    private static let sources: [SourceFiles] = {
        let code = Array("resource \"terraform_data\" \"x\" {}\n".utf8)
        let entries: [[SourceFiles.Entry]] = [
            [.init(path: "main.tf", content: .file(code, isExecutable: false))],
            [
                .init(path: "main.tf", content: .file(code, isExecutable: false)),
                .init(path: "modules/a/main.tf", content: .file(code, isExecutable: true)),
                .init(path: "modules/b", content: .link("a")),
                .init(path: String(repeating: "long/", count: 30) + "x.tf", content: .file(code + code, isExecutable: false)),
            ],
        ]
        // What is written here is safe.
        return entries.compactMap { try? SourceFiles(entries: $0) }
    }()

    private static let pax: [UInt8] = {
        var bytes = header("PaxHeader", kind: "x", size: 24)
        bytes += filled(Array("24 path=modules/web.tf\nx".utf8))
        return bytes + header("short.tf", kind: "0", size: 3) + filled(Array("a=1".utf8)) + (sources.first?.archive ?? [])
    }()

    /// A link whose target has very many parts.
    private static let longLink: [UInt8] = {
        let target = Array(String(repeating: "a/", count: 100_000).utf8) + Array("b\u{0}".utf8)
        let link = header("././@LongLink", kind: "K", size: target.count) + filled(target) + header("link", kind: "2", size: 0)
        return link + (sources.first?.archive ?? [])
    }()

    private static func filled(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512) }

    private static func header(_ name: String, kind: Character, size: Int) -> [UInt8] {
        var block = filled(Array(name.utf8))
        let digits = Array(String(size, radix: 8).utf8)
        block.replaceSubrange(100..<107, with: Array("0000644".utf8))
        block.replaceSubrange(124..<135, with: [UInt8](repeating: 0x30, count: 11 - digits.count) + digits)
        block[156] = kind.asciiValue ?? 0
        return withChecksums(block)
    }

    /// With the sum in each header that belongs to it: an archive with another is refused before anything in it is read.
    private static func withChecksums(_ archive: [UInt8]) -> [UInt8] {
        var bytes = archive
        var index = 0
        while index + 512 <= bytes.count, bytes[index..<(index + 512)].contains(where: { $0 != 0 }) {
            bytes.replaceSubrange((index + 148)..<(index + 156), with: [UInt8](repeating: 0x20, count: 8))
            let sum = Array(String(bytes[index..<(index + 512)].reduce(0) { $0 + Int($1) }, radix: 8).utf8)
            bytes.replaceSubrange((index + 148)..<(index + 148 + sum.count), with: sum)
            let digits = bytes[(index + 124)..<(index + 136)].filter { 0x30...0x37 ~= $0 }
            let size = digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
            guard size < bytes.count else { break }
            index += 512 + (size + 511) / 512 * 512
        }
        return bytes
    }

    /// Tar archives, with their sums mended and without.
    static let archive = FuzzTarget(
        "archive",
        corpus: sources.map(\.archive) + [pax, longLink],
        words: [
            "ustar\u{0}00", "ustar  \u{0}", "x", "L", "K", "2", "5", "g", "00000000000", "77777777777", "9 path=a\n", "main.tf", "../../x",
            "a/a/a/a/",
        ]
    ) { input in
        for archive in [input, withChecksums(input)] {
            guard let source = try await attempt({ try SourceFiles(archive: archive) }) else { continue }
            try Finding.unless(try SourceFiles(packed: source.packed()) == Self.plain(source), "a packed source comes back as another")
            let again = try? SourceFiles(archive: source.archive)  // its one folder may be taken away, and what is left be refused
            try Finding.unless(again == nil || (again?.entries.count ?? 0) <= source.entries.count, "an archive grows")
            _ = try await attempt { try SourceFacts(of: source) }
            _ = source.scan
        }
    }

    private static func plain(_ source: SourceFiles) throws -> SourceFiles { try SourceFiles(entries: source.entries) }

    /// Compressed archives, and compressed anything.
    static let gzip = FuzzTarget(
        "gzip",
        corpus: (sources.map(\.archive) + [Array("short".utf8), [UInt8](repeating: 0, count: 200_000)]).compactMap {
            try? Gzip.compress($0)
        },
        words: ["\u{1F}", "\u{0}\u{0}\u{0}\u{0}"]
    ) { input in
        _ = try await attempt { try SourceFiles(archive: try Gzip.decompress(input, limit: 8 << 20, ratio: 100)) }
        let limit = 1 << 16
        if let plain = try await attempt({ try Gzip.decompress(input, limit: limit) }) {
            try Finding.unless(plain.count <= limit, "more comes out than is asked for")
        }
        let again = try Gzip.decompress(try Gzip.compress(input, level: 1), limit: input.count)
        try Finding.unless(again == input, "what was compressed comes back as something else")
    }

    /// Sources as the database keeps them.
    static let packed = FuzzTarget("packed", corpus: sources.map { $0.packed() }, words: ["slipway-source-1\n", "f", "x", "l"]) { input in
        guard let source = try await attempt({ try SourceFiles(packed: input) }) else { return }
        try Finding.unless(try SourceFiles(packed: source.packed()) == source, "a packed source comes back as another")
    }
}
