/// A state as it was stored, tag and checksum verified.
package struct LoadedState: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    package let version: StateVersion
    /// Terraform's JSON, byte for byte; secret.
    package let bytes: [UInt8]

    /// Which state it is, never its content.
    package var description: String { "version \(version.version) of deployment \(version.deployment)'s state, \(bytes.count) bytes" }
    package var debugDescription: String { description }
}
