/// One key as the keyring's file has it: named, and open or wrapped by something else.
struct KeyringEntry: Sendable, Equatable {
    /// What has to be there to open it.
    enum Protection: Sendable, Equatable {
        /// The file's mode alone protects it.
        case plain
        case passphrase
        /// `kms:<key id, ARN or alias>`: a service outside of this machine.
        case service(scheme: String, id: String)

        /// As the file and lists say it.
        var text: String {
            switch self {
            case .plain: "plain"
            case .passphrase: "passphrase"
            case .service(let scheme, let id): "\(scheme):\(id)"
            }
        }

        init?(_ text: String) {
            switch text {
            case "plain": self = .plain
            case "passphrase": self = .passphrase
            default:
                guard let colon = text.firstIndex(of: ":"), colon > text.startIndex else { return nil }
                let id = String(text[text.index(after: colon)...])
                guard Self.isValid(serviceID: id) else { return nil }
                self = .service(scheme: String(text[..<colon]), id: id)
            }
        }

        /// Visible ASCII, at most 2048 characters.
        static func isValid(serviceID id: String) -> Bool {
            (1...2048).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
    }

    let name: String
    /// Seconds since 1970; 0 in files of version 1, which don't say it.
    let createdAt: Int
    let protection: Protection
    /// The 32 bytes, or what they became when they were wrapped.
    var value: [UInt8]

    /// What a wrapping's tag covers beside the key.
    static func associated(name: String) -> [UInt8] { Array("slipway keyring\0passphrase\0\(name)".utf8) }
}
