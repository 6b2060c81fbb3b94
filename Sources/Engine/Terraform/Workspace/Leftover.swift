/// A workspace whose process died: what it was about, and what must be saved before it is removed.
package struct Leftover: Sendable {
    package let path: String
    /// What ``Workspace/make(in:source:variables:state:plan:metadata:)`` was given.
    package let metadata: [String: String]
    /// The state file's bytes as they stand: whole or torn. Nil when there never was one.
    package let state: [UInt8]?

    /// Takes over every workspace below `root` whose process is gone: kills what may still run in it, then reads it.
    ///
    /// Half-made ones are removed on the way. Two processes never get the same one.
    package static func adopt(in root: WorkspaceRoot) throws(TerraformError) -> [Leftover] { fatalError("soon") }

    /// What Terraform had said until then, masked.
    package func lines(settings: RunSettings) -> [TerraformLine] { fatalError("soon") }

    /// Removes the folder; call it once its state is safe.
    package func remove() { fatalError("soon") }
}
