/// Something outside of this machine that wraps keys and never gives its own away: a cloud's key management service.
package protocol KeyService: Sendable {
    /// What its keys' ids begin with in a keyring: `kms`.
    var scheme: String { get }

    /// Wraps a key; `name` is bound to it, so that a wrapped key opens under its own name only.
    func wrap(_ key: borrowing SecretBytes, named name: String, by id: String) async throws(KeyServiceFailure) -> [UInt8]

    /// Opens what ``wrap(_:named:by:)`` gave.
    func unwrap(_ wrapped: [UInt8], named name: String, by id: String) async throws(KeyServiceFailure) -> SecretBytes
}

/// Why a key service did not do it, as the end of a sentence.
package struct KeyServiceFailure: Error, Sendable, Equatable {
    package let why: String

    package init(_ why: String) { self.why = why }
}
