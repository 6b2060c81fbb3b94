/// Why a keyring is refused; reads after "the keyring PLACE".
package enum KeyringFault: Sendable, Equatable, CustomStringConvertible {
    /// There is none and none was to be made.
    case missing
    case symbolicLink
    case notAFile
    /// Not the user that runs this program.
    case wrongOwner(user: UInt32)
    /// Its group or others can read or write it.
    case open(mode: UInt32)
    /// A first line with a version that this program does not know.
    case unknownVersion(String)
    /// The line that can't be right, counted from 1.
    case damaged(line: Int)
    /// The entry of the environment variable that can't be right, counted from 1.
    case malformed(entry: Int)
    case duplicate(name: String)
    case empty
    /// Keys wrapped by a passphrase, which was not given.
    case passphraseMissing(names: [String])
    /// The passphrase opens none of these keys.
    case wrongPassphrase(names: [String])
    /// A key service did not open or wrap a key.
    case service(name: String, by: String, why: String)
    /// A key that only opens with a service this program was not given.
    case unknownService(name: String, by: String)
    /// The keys come from the environment, which this program can't change.
    case fixed
    /// It has no key of that name.
    case unknownName(String)
    /// Not fit for a key's name.
    case badName(String)
    /// The key seals, so that it can't go.
    case active(String)
    /// Too short to withstand guessing.
    case weakPassphrase(minimum: Int)
    /// The operating system refused; `doing` is a verb.
    case system(doing: String, errno: Int32, message: String)

    package var description: String {
        switch self {
        case .missing: "is missing: put the file back from your copy, without it the stored states can't be read"
        case .symbolicLink: "is a symbolic link: put the file itself there"
        case .notAFile: "is not a regular file: put the keyring there or remove what is in its place"
        case .wrongOwner(let user): "belongs to user \(user): run slipway as that user, or change the owner with chown"
        case .open(let mode):
            "is open to others (mode \(String(mode, radix: 8))): run chmod 600 on it, and change the keys if others could read it"
        case .unknownVersion(let version): "has format version \"\(version)\", which this program does not know: use a newer one"
        case .damaged(let line): "is damaged in line \(line): put it back from your copy"
        case .malformed(let entry):
            "has no name and 32 bytes in Base64 as entry \(entry): write name:base64, with commas between several"
        case .duplicate(let name): "names the key \"\(name)\" twice: remove one of them"
        case .empty: "holds no key: put it back from your copy"
        case .passphraseMissing(let names):
            """
            needs a passphrase for \(Self.list(names)): set \(PassphraseKey.environmentName), or \(PassphraseKey.fileEnvironmentName) to a \
            file with it
            """
        case .wrongPassphrase(let names): "does not open with this passphrase (\(Self.list(names))): give the one it was made with"
        case .service(let name, let service, let why): "has the key \"\(name)\", which \(service) did not open: \(why)"
        case .unknownService(let name, let service):
            "has the key \"\(name)\", which opens only with \(service): this program can't use that"
        case .fixed: "sets the keys: change its value, or unset it to use the file in the data folder"
        case .unknownName(let name): "has no key \"\(name)\": `slipway keys list` shows those there are"
        case .badName(let name): "can't name a key \"\(name.prefix(80))\": use 1 to 64 of A–Z a–z 0–9 . _ -"
        case .active(let name): "seals with the key \"\(name)\": rotate to another one first"
        case .weakPassphrase(let minimum): "takes no passphrase of fewer than \(minimum) bytes: use a longer one"
        case .system(let doing, _, let message): "could not be used (\(doing): \(message))"
        }
    }

    private static func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
}
