internal import COpenSSL
internal import Sealing

/// S3's entity tag of an object, which is the MD5 of its content unless it was put in parts or encrypted with a key of one's own.
enum EntityTag {
    /// Whether a tag is this content's MD5; nil when the tag is something else, or OpenSSL offers no MD5.
    static func matches(_ tag: String?, _ content: [UInt8]) -> Bool? {
        guard let digits = tag?.filter({ $0 != "\"" }), digits.utf8.count == 32, let stored = Hexadecimal.bytes(digits) else { return nil }
        var digest = [UInt8](repeating: 0, count: 16)
        var count: UInt32 = 0
        guard EVP_Digest(content, content.count, &digest, &count, EVP_md5(), nil) == 1, count == 16 else { return nil }
        return digest == stored
    }
}
