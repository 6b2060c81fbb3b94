/// Reads a configuration from a tar archive, as `tar -c` makes it: ustar, pax and GNU long names.
extension SourceFiles {
    private static let blockSize = 512

    /// Takes the files, folders' contents and symbolic links of an archive; all else in it is refused.
    ///
    /// An archive of one folder (`infra/main.tf`) is taken as that folder. What ``init(reading:)`` leaves out is left out here, too.
    ///
    /// - Parameter archive: Uncompressed.
    /// - Throws: ``TerraformError``: ``TerraformError/Reason/archiveDamaged``, an unsafe name, a device, no configuration, too much.
    package init(archive: [UInt8]) throws(TerraformError) {
        var entries: [Entry] = []
        var ignoredStates: [String] = []
        var longName: String?
        var longTarget: String?
        var index = 0
        var size = 0
        while index + Self.blockSize <= archive.count {
            let header = archive[index..<(index + Self.blockSize)]
            // Two empty blocks end an archive.
            if header.allSatisfy({ $0 == 0 }) { break }
            let head = try Header(header)
            let start = index + Self.blockSize
            guard head.size <= archive.count - start else { throw TerraformError(.archiveDamaged) }
            let content = archive[start..<(start + head.size)]
            index = start + (head.size + Self.blockSize - 1) / Self.blockSize * Self.blockSize
            switch head.kind {
            case "L": longName = try Self.text(content)
            case "K": longTarget = try Self.text(content)
            case "x":
                let fields = try Self.paxFields(content)
                longName = fields["path"] ?? longName
                longTarget = fields["linkpath"] ?? longTarget
            case "g", "5": (longName, longTarget) = (nil, nil)
            case "0", "\0", "7", "2":
                let path = try Self.relative(longName ?? head.name)
                let target = longTarget ?? head.target
                (longName, longTarget) = (nil, nil)
                let parts = path.split(separator: "/").map(String.init)
                if let name = parts.last, Self.isState(name) {
                    ignoredStates.append(path)
                    continue
                }
                if parts.contains(where: Self.isIgnored) { continue }
                size += head.size
                guard size <= Self.byteLimit else { throw TerraformError(.sourceTooLarge(limit: Self.byteLimit)) }
                guard entries.count < Self.countLimit else { throw TerraformError(.tooManyFiles(limit: Self.countLimit)) }
                let isLink = head.kind == "2"
                entries.append(
                    Entry(path: path, content: isLink ? .link(target) : .file(Array(content), isExecutable: head.mode & 0o100 != 0))
                )
            default:
                throw TerraformError(.specialFile(path: longName ?? head.name))
            }
        }
        let taken = Self.withoutCommonFolder(entries)
        try Self.refuseChains(taken)
        try self.init(entries: taken, ignoredStates: ignoredStates)
    }

    /// Refuses a link whose target goes through another link: only the two together lead out of the folder.
    private static func refuseChains(_ entries: [Entry]) throws(TerraformError) {
        // Paths by a number of each, made from its folder's: written out for every part, a long target alone would take minutes.
        func number(_ part: Substring, in folder: Int?) -> Int {
            var hasher = Hasher()
            hasher.combine(folder)
            hasher.combine(part)
            return hasher.finalize()
        }
        func numbers(_ parts: some Sequence<Substring>) -> [Int] {
            parts.reduce(into: []) { numbers, part in numbers.append(number(part, in: numbers.last)) }
        }
        let links = Set(entries.compactMap { if case .link = $0.content { numbers($0.path.split(separator: "/")).last } else { nil } })
        for entry in entries {
            guard case .link(let target) = entry.content else { continue }
            var folder = numbers(entry.path.split(separator: "/").dropLast())
            let parts = target.split(separator: "/").filter { $0 != "." }
            for part in parts.dropLast() {
                if part == ".." { _ = folder.popLast() } else { folder.append(number(part, in: folder.last)) }
                if let last = folder.last, links.contains(last) {
                    throw TerraformError(.linkLeavesFolder(path: entry.path, target: target))
                }
            }
        }
    }

    // MARK: - Headers

    private struct Header {
        let name: String
        let mode: Int
        let size: Int
        let kind: Character
        let target: String

        init(_ block: ArraySlice<UInt8>) throws(TerraformError) {
            func field(_ offset: Int, _ length: Int) -> ArraySlice<UInt8> {
                let start = block.startIndex + offset
                return block[start..<(start + length)]
            }
            // The checksum counts its own field as blanks.
            let sum = block.reduce(0) { $0 + Int($1) } - field(148, 8).reduce(0) { $0 + Int($1) } + 8 * 0x20
            guard try SourceFiles.octal(field(148, 8)) == sum else { throw TerraformError(.archiveDamaged) }
            let isUstar = field(257, 5).elementsEqual("ustar".utf8)
            let prefix = isUstar && field(257, 8).elementsEqual("ustar\u{0}00".utf8) ? try SourceFiles.text(field(345, 155)) : ""
            let short = try SourceFiles.text(field(0, 100))
            name = prefix.isEmpty ? short : "\(prefix)/\(short)"
            mode = try SourceFiles.octal(field(100, 8))
            size = try SourceFiles.octal(field(124, 12))
            kind = Character(UnicodeScalar(block[block.startIndex + 156]))
            target = try SourceFiles.text(field(157, 100))
        }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) throws(TerraformError) -> String {
        let bytes = bytes.prefix { $0 != 0 }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TerraformError(.nameNotUTF8(path: String(decoding: bytes, as: UTF8.self)))
        }
        return text
    }

    /// A number in octal digits; larger ones than 8 GiB, which are written in another way, are refused with the rest that is no number.
    private static func octal(_ bytes: ArraySlice<UInt8>) throws(TerraformError) -> Int {
        let digits = bytes.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
        guard digits.allSatisfy({ (0x30...0x37).contains($0) }) else { throw TerraformError(.archiveDamaged) }
        return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
    }

    /// `25 path=modules/web/main.tf\n`, one after the other.
    private static func paxFields(_ bytes: ArraySlice<UInt8>) throws(TerraformError) -> [String: String] {
        var fields: [String: String] = [:]
        var rest = bytes
        while let blank = rest.firstIndex(of: 0x20) {
            guard let length = Int(String(decoding: rest[..<blank], as: UTF8.self)), length > blank - rest.startIndex + 1,
                length <= rest.count
            else { throw TerraformError(.archiveDamaged) }
            let record = rest[(blank + 1)..<(rest.startIndex + length - 1)]
            rest = rest.dropFirst(length)
            guard let sign = record.firstIndex(of: UInt8(ascii: "=")) else { throw TerraformError(.archiveDamaged) }
            fields[String(decoding: record[..<sign], as: UTF8.self)] = try text(record[(sign + 1)...])
        }
        return fields
    }

    // MARK: - Names

    /// Without the `./` that `tar` puts before names.
    private static func relative(_ name: String) throws(TerraformError) -> String {
        var name = name[...]
        while name.hasPrefix("./") { name = name.dropFirst(2) }
        guard isSafe(String(name)) else { throw TerraformError(.unsafeName(path: String(name))) }
        return String(name)
    }

    private static func withoutCommonFolder(_ entries: [Entry]) -> [Entry] {
        guard let first = entries.first?.path.split(separator: "/").first, entries.allSatisfy({ $0.path.hasPrefix("\(first)/") }) else {
            return entries
        }
        return entries.map { Entry(path: String($0.path.dropFirst(first.count + 1)), content: $0.content) }
    }
}
