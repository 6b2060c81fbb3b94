/// One whole state that a run wrote to its file.
package struct FollowedState: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// Terraform's JSON, byte for byte; secret.
    package let bytes: [UInt8]
    package let document: StateDocument

    /// Which one it is, never its content.
    package var description: String { "state with serial \(document.serial), \(bytes.count) bytes" }
    package var debugDescription: String { description }

    /// Reads bytes; throws what ``StateDocument/init(parsing:)`` throws.
    package init(parsing bytes: [UInt8]) throws(VaultError) {
        document = try StateDocument(parsing: bytes)
        self.bytes = bytes
    }
}
