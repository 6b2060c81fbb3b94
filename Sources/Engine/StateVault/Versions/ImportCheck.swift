/// What storing a file as the newest state means, found out before it is done.
package struct ImportCheck: Sendable, Equatable {
    /// A rule of the vault that the file breaks, and that `--force` overrides.
    package enum Override: Sendable, Equatable, CustomStringConvertible {
        case lineage(stored: String, offered: String)
        case serial(stored: Int64, offered: Int64)
        /// The same serial with another content.
        case content(serial: Int64)

        package var description: String {
            switch self {
            case .lineage(let stored, let offered):
                "its lineage is \(offered), the stored one is \(stored): it belongs to another stack"
            case .serial(let stored, let offered): "its serial \(offered) is lower than the stored \(stored)"
            case .content(let serial): "the stored state has the same serial \(serial) and another content"
            }
        }
    }

    package let document: StateDocument
    package let checksum: String
    /// The newest version, which would be followed; nil: this is the first.
    package let current: StateVersion?
    /// The newest version has the same bytes: importing it changes nothing.
    package let isUnchanged: Bool
    /// Empty: it can be imported as it is.
    package let overrides: [Override]
}

/// What an import did.
package struct ImportedState: Sendable, Equatable {
    /// Nil: the newest version had the same bytes already.
    package let version: StateVersion?
    /// What was forced.
    package let overrides: [ImportCheck.Override]
}
