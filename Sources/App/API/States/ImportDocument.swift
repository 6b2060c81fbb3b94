import StateVault

/// What became of an import, or would.
package struct ImportDocument: Codable, Sendable {
    /// The new one; nil when the newest had the same bytes already, and when nothing was to be done.
    package let version: StateVersionDocument?
    /// The rules of the vault that the state breaks.
    package let overrides: [String]
    /// The newest has the same bytes already.
    package let isUnchanged: Bool
    /// In the state that was sent; 0 when nothing was stored.
    package let resources: Int
    /// What it would follow; nil for an import that is done.
    package let current: StateVersionDocument?

    init(_ check: ImportCheck) {
        version = nil
        overrides = check.overrides.map(\.description)
        isUnchanged = check.isUnchanged
        resources = check.document.resourceCount
        current = check.current.map(StateVersionDocument.init)
    }

    init(_ imported: ImportedState) {
        version = imported.version.map(StateVersionDocument.init)
        overrides = imported.overrides.map(\.description)
        isUnchanged = version == nil
        resources = version?.resources ?? 0
        current = nil
    }

    static let schema = NamedSchema(
        "StateImport",
        .object([
            .optional("version", .named(StateVersionDocument.schema), "The new one; none: the newest had the same bytes already"),
            .init("overrides", .list(.string()), "The rules that it breaks, which force overrides"),
            .init("isUnchanged", .boolean, "The newest has the same bytes already"),
            .init("resources", .integer, "In the state that was sent"),
            .optional("current", .named(StateVersionDocument.schema), "What it follows"),
        ])
    )
}
