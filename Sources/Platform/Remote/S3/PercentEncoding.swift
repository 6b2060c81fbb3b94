internal import Sealing

/// Percent-encoding as AWS signs it: everything but letters, digits and `-._~`.
///
/// - SeeAlso: RFC 3986, section 2.3
enum PercentEncoding {
    static func encode(_ text: some StringProtocol, keeping kept: Character? = nil) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            if isUnreserved(byte) || kept.map({ Character(scalar) == $0 }) == true {
                encoded.unicodeScalars.append(scalar)
            } else {
                encoded += "%\(Hexadecimal.text([byte]).uppercased())"
            }
        }
        return encoded
    }

    /// The text, or nil when a `%` is broken or the bytes are no UTF-8.
    static func decode(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let decoded = Hexadecimal.bytes(String(decoding: rest.prefix(2), as: UTF8.self)), decoded.count == 1 else { return nil }
            bytes += decoded
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A query string in the canonical form of AWS's signatures: sorted by the encoded names, each with its `=`.
    static func query(_ parameters: [String: String]) -> String {
        parameters.map { (encode($0.key), encode($0.value)) }.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
