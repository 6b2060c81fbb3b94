/// What a configuration's files tell before Terraform reads them.
package struct SourceFacts: Sendable, Hashable {
    /// Declared variables, or nil when that can't be told.
    package var variables: Set<String>?
    /// Whose values are to be masked.
    package var sensitiveVariables: Set<String>
    /// There are `module` blocks.
    package var hasModules: Bool
    /// `s3`, `cloud`, …: where the configuration says its state is kept; Slipway keeps it instead.
    package var ownBackend: String?
    /// Its own `.terraform.lock.hcl`.
    package var lockFile: String?
    /// Sentences for the person who deploys.
    package var warnings: [String]
}
