/// Makes inputs out of valid ones.
struct Mutator: Sendable {
    private let corpus: [[UInt8]]
    private let words: [[UInt8]]
    private let largest: Int

    init(_ target: FuzzTarget) {
        corpus = target.corpus.isEmpty ? [[]] : target.corpus
        words = (target.words + Self.words).map { Array($0.utf8) } + Self.bytes
        largest = target.largest
    }

    /// What readers of any kind stumble over.
    private static let words: [String] = [
        "0", "-1", "-0", "1e308", "1e400", "-1e400", "1e-400", "NaN", "Infinity", "0x7fffffff", "2147483647", "2147483648", "4294967295",
        "4294967296", "9007199254740991", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "-9223372036854775809", "18446744073709551615", "18446744073709551616", "1e18", "1e19", "9.3e18", "9.3e15", "1.5", "00", "+5",
        String(repeating: "9", count: 400), "\u{0}", "\n", "\r\n", "\r\n\r\n", "\u{1B}[2J", "\u{1B}]0;x\u{7}", "\u{202E}", "\u{FEFF}",
        "\u{FFFD}",
        "e\u{301}", "👩‍👩‍👧‍👦", "\\u0000", "\\ud800", "\\udc00\\ud800", "\\", "\"", "'", "{", "}", "[", "]", "(", ")", "<", ">", "${", "%{", "$${",
        "..",
        "../", "/", "//", ":", ";", ",", "=", "==", "&", "%", "%00", "%2F", "*", "**", "?", "#", "null", "true", "false", "{}", "[]",
        "\"\"", " ", "\t",
    ]

    /// Broken UTF-8: a lone continuation, an overlong form, a surrogate, one beyond the last scalar, cut ones.
    private static let bytes: [[UInt8]] = [
        [0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F], [0xFF], [0xFE, 0xFF], [0, 0, 0, 0],
        [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0, 0, 0, 0, 0],
    ]

    private static let nests: [(opening: String, closing: String)] = [
        ("{", "}"), ("[", "]"), ("(", ")"), ("{\"a\":", "}"), ("[{\"a\":", "}]"), ("\"${", "}\""), ("a {\n", "}\n"), ("**/", ""),
        ("a/", ""),
        ("../", ""), ("<<", ""), ("\\", ""), ("--", ""),
    ]

    /// An input; the same for the same numbers.
    func input(_ random: inout SplitMix64) -> [UInt8] {
        var bytes = sample(&random)
        if random.once(in: 200) { bytes = (0..<random.below(512)).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
        // Once in a while a valid one as it is.
        if random.once(in: 64) { return bytes }
        for _ in 0..<(1 << random.below(5)) {
            mutate(&bytes, &random)
            if bytes.count > largest { bytes.removeLast(bytes.count - largest) }
        }
        return bytes
    }

    // MARK: - Details

    /// A small one, mostly: large ones take most of the time.
    private func sample(_ random: inout SplitMix64) -> [UInt8] {
        for _ in 0..<16 {
            let found = corpus[random.below(corpus.count)]
            if found.count <= 8 << 10 || random.once(in: 64) { return found }
        }
        return corpus[0]
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        let place = random.below(bytes.count + 1)
        let piece = place..<min(bytes.count, place + 1 + random.below(random.once(in: 4) ? 4096 : 16))
        switch random.below(16) {
        case 0, 1: if place < bytes.count { bytes[place] ^= 1 << UInt8(random.below(8)) }
        case 2: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
        case 3: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        case 4, 5: bytes.removeSubrange(piece)
        case 6: bytes.insert(contentsOf: bytes[piece], at: random.below(bytes.count + 1))
        case 7: replaceNumber(in: &bytes, from: place, &random)
        case 8, 9: bytes.insert(contentsOf: words[random.below(words.count)], at: place)
        case 10: bytes.replaceSubrange(piece, with: words[random.below(words.count)])
        case 11:
            // The beginning of one and the end of another.
            let other = sample(&random)
            bytes.replaceSubrange(place..., with: other[random.below(other.count + 1)...])
        case 12: if random.once(in: 3) { bytes.removeSubrange(place...) }
        case 13: if random.once(in: 8) { nest(&bytes, around: piece, &random) }
        case 14:
            if random.once(in: 16), !piece.isEmpty {
                let count = min(1 << random.below(16), largest / piece.count)
                bytes.insert(contentsOf: repeatElement(Array(bytes[piece]), count: count).joined(), at: place)
            }
        default: if piece.count > 1 { bytes[piece].shuffle(using: &random) }
        }
    }

    /// Puts a number at the edge of what fits where one stands.
    private func replaceNumber(in bytes: inout [UInt8], from place: Int, _ random: inout SplitMix64) {
        func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: words[random.below(words.count)])
    }

    private func nest(_ bytes: inout [UInt8], around piece: Range<Int>, _ random: inout SplitMix64) {
        let (opening, closing) = Self.nests[random.below(Self.nests.count)]
        let depth = min(1 << random.below(17), largest / (2 * (opening.utf8.count + closing.utf8.count)))
        let before = Array(String(repeating: opening, count: depth).utf8)
        let after = Array(String(repeating: closing, count: random.once(in: 4) ? 0 : depth).utf8)
        bytes.replaceSubrange(piece, with: before + bytes[piece] + after)
    }
}
