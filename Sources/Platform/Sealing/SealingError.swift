/// Why something could not be sealed, opened, packed or unpacked; never holds a secret.
package struct SealingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong, with the facts a caller can act on.
    package enum Reason: Sendable, Equatable {
        /// The bytes do not begin like a sealed message.
        case notSealed
        /// A newer program sealed it.
        case unknownVersion(Int)
        case unknownAlgorithm(Int)
        case unknownFlags(Int)
        /// The data key is wrapped in a way that this program does not know.
        case unknownKeyKind(Int)
        /// Bytes are missing at the end.
        case truncated(expected: Int, actual: Int)
        /// There are bytes after the end.
        case overlong(expected: Int, actual: Int)
        /// It was sealed for another place, for example another version of a state.
        case wrongContext(expected: String)
        /// The keyring has no key of that name.
        case unknownKey(String)
        /// The key of that name does not open it: it is another key under the same name, or the header was damaged.
        case keyMismatch(String)
        /// Some bit is not as it was sealed.
        case damaged
        /// Larger than the caller allows.
        case tooLarge(size: UInt64, limit: Int)
        /// It unpacks to more than so many times its size.
        case tooDense(ratio: Int)
        /// It consists of more pieces than any program makes.
        case tooManyMembers(limit: Int)
        /// No zstd frame, or a broken or lying one.
        case notCompressed
        /// An argument that the algorithm does not allow.
        case invalidArgument(String)
        /// OpenSSL or zstd refused; `openssl errstr <number>` explains the number.
        case library(call: String, number: UInt)
        /// The keyring can't be used; `place` is its path or the name of the environment variable.
        case keyring(place: String, KeyringFault)
    }

    package let reason: Reason

    package init(_ reason: Reason) { self.reason = reason }

    package var description: String {
        switch reason {
        case .notSealed: "these bytes were not sealed by Slipway"
        case .unknownVersion(let version): "sealed in format version \(version), which this program does not know: use a newer one"
        case .unknownAlgorithm(let number): "sealed with algorithm number \(number), which this program does not know"
        case .unknownFlags(let flags): "sealed with flags \(flags), which this program does not know"
        case .unknownKeyKind(let kind): "its data key is wrapped by kind \(kind), which this program does not know"
        case .truncated(let expected, let actual): "cut off: \(actual) of \(expected) bytes are there"
        case .overlong(let expected, let actual): "too long: \(actual) bytes where \(expected) belong"
        case .wrongContext(let expected): "sealed for another place than \(expected)"
        case .unknownKey(let name): "sealed with the key \"\(name)\", which is not in the keyring: put it back to read this"
        case .keyMismatch(let name): "the key \"\(name)\" in the keyring does not open it: the key was replaced or the header is damaged"
        case .damaged: "damaged: the bytes are not as they were sealed"
        case .tooLarge(let size, let limit): "\(size) bytes, more than the limit of \(limit)"
        case .tooDense(let ratio): "the compressed bytes unpack to more than \(ratio) times their size"
        case .tooManyMembers(let limit): "the compressed bytes have more than \(limit) members"
        case .notCompressed: "the compressed bytes are broken"
        case .invalidArgument(let what): "can't seal: \(what)"
        case .library(let call, let number): "\(call) failed with error \(number)"
        case .keyring(let place, let fault): "the keyring \(place) \(fault)"
        }
    }
}
