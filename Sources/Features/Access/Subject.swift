package import Domain

/// What somebody came with, by which who that is can be asked again later, by any process of the installation.
///
/// No secret, and nothing that lets anybody in: whoever takes one from a client has to know who wrote it.
package enum Subject: Sendable, Hashable {
    case token(TokenID)
    /// By the session's id, the hash of its cookie.
    case session(String)
    /// The user of this machine, on the server's own socket.
    case local

    /// Reads what ``text`` writes, in no other spelling.
    package init?(_ text: some StringProtocol) {
        let rest = String(text.dropFirst())
        switch text.first {
        case "t":
            guard let number = Int64(rest), number > 0, rest == String(number) else { return nil }
            self = .token(TokenID(rawValue: number))
        case "s":
            guard rest.utf8.count == 64, rest.utf8.allSatisfy(Self.isHexadecimal) else { return nil }
            self = .session(rest)
        case "l":
            guard rest.isEmpty else { return nil }
            self = .local
        default:
            return nil
        }
    }

    /// `t12`, `s` with 64 hexadecimal digits, or `l`: never a colon or a space.
    package var text: String {
        switch self {
        case .token(let id): "t\(id.rawValue)"
        case .session(let id): "s\(id)"
        case .local: "l"
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}
