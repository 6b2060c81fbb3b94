/// Who does something, and from where: for the record.
package struct Author: Sendable, Hashable {
    /// `anna@laptop` at this machine, `user:anna` with a password, `token:ci (anna)` with a token.
    package let name: String
    /// The address that the request came from; empty for this machine's own commands and workers.
    package let source: String

    package init(_ name: String, from source: String = "") {
        self.name = name
        self.source = source
    }
}
