/// Replaces registered secrets in text by `<redacted>`.
///
/// A secret is masked as it stands, as JSON escapes it, as a URL holds it, in Base64, and, when it spans lines, line by line. Values shorter
/// than ``minimumLength`` bytes are not masked: `1` or `eu` would turn every line into noise without hiding anything.
package struct Redactor: Sendable {
    /// The shortest value that is masked, in UTF-8 bytes.
    package static let minimumLength = 4
    package static let mask = "<redacted>"

    /// By their first byte, so that most bytes of a text are looked at once, however many secrets there are.
    private var needles: [[[UInt8]]] = []

    package init(secrets: some Sequence<String> = []) { add(secrets) }

    package var isEmpty: Bool { needles.isEmpty }

    /// Registers more secrets.
    package mutating func add(_ secrets: some Sequence<String>) {
        var all = Set(needles.joined())
        for secret in secrets {
            // Escaped, a short one is longer, and as meaningless.
            guard secret.utf8.count >= Self.minimumLength else { continue }
            for form in Self.forms(of: secret) where form.utf8.count >= Self.minimumLength { all.insert(Array(form.utf8)) }
        }
        needles = all.isEmpty ? [] : Array(repeating: [], count: 256)
        // Longest first: a secret that contains another is masked whole.
        for needle in all.sorted(by: { $0.count > $1.count }) { needles[Int(needle[0])].append(needle) }
    }

    /// The text with every registered secret replaced.
    package func redacted(_ text: String) -> String {
        guard !needles.isEmpty else { return text }
        let bytes = Array(text.utf8)
        guard let masked = redacted(bytes: bytes) else { return text }
        return String(decoding: masked, as: UTF8.self)
    }

    /// Whether a registered secret stands in the text.
    package func finds(in text: String) -> Bool {
        guard !needles.isEmpty else { return false }
        let bytes = Array(text.utf8)
        return bytes.indices.contains { needle(at: $0, in: bytes) != nil }
    }

    /// The bytes with every registered secret replaced, or nil when there was none.
    package func redacted(bytes: [UInt8]) -> [UInt8]? {
        guard !needles.isEmpty else { return nil }
        var result: [UInt8] = []
        var copiedUpTo = 0
        var index = 0
        while index < bytes.count {
            if let needle = needle(at: index, in: bytes) {
                result.append(contentsOf: bytes[copiedUpTo..<index])
                result.append(contentsOf: Self.mask.utf8)
                index += needle.count
                copiedUpTo = index
            } else {
                index += 1
            }
        }
        guard copiedUpTo > 0 else { return nil }
        result.append(contentsOf: bytes[copiedUpTo...])
        return result
    }

    // MARK: - Details

    private func needle(at index: Int, in bytes: [UInt8]) -> [UInt8]? {
        let possible = needles[Int(bytes[index])]
        return possible.isEmpty ? nil : possible.first { starts(with: $0, at: index, in: bytes) }
    }

    private func starts(with needle: [UInt8], at index: Int, in bytes: [UInt8]) -> Bool {
        guard index + needle.count <= bytes.count else { return false }
        for offset in 1..<needle.count where bytes[index + offset] != needle[offset] { return false }
        return true
    }

    private static func forms(of secret: String) -> [String] {
        // Terraform quotes some values (Go's %q) before it writes JSON.
        var forms = [secret, escaped(secret, html: true), escaped(secret, html: false), inURL(secret), inBase64(secret)]
        if secret.contains(where: \.isNewline) {
            // A short line of a key file ("-----") is no secret by itself.
            forms += secret.split(whereSeparator: \.isNewline).map(String.init).filter { $0.utf8.count >= 8 }
        }
        return forms
    }

    /// As `urlencode` writes it, for a password in an address.
    private static func inURL(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "): escaped += "+"
            default: escaped += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return escaped
    }

    /// As `base64encode` writes it.
    private static func inBase64(_ text: String) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = Array(text.utf8)
        var encoded: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            let group = (0..<3).reduce(0) { $0 << 8 | ($1 < count ? Int(bytes[start + $1]) : 0) }
            for place in 0..<4 { encoded.append(place <= count ? digits[group >> (18 - 6 * place) & 63] : UInt8(ascii: "=")) }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// As a JSON encoder writes it; Go's also escapes what HTML would read.
    private static func escaped(_ text: String, html: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": escaped += "\\\""
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            case "\t": escaped += "\\t"
            case "<" where html: escaped += "\\u003c"
            case ">" where html: escaped += "\\u003e"
            case "&" where html: escaped += "\\u0026"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
