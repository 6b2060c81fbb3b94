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
        case .system(let doing, _, let message): "could not be used (\(doing): \(message))"
        }
    }
}
