import StateVault

/// What became of an import, or would.
package struct ImportDocument: Codable, Sendable {
    /// The new one; nil when the newest had the same bytes already, and when nothing was to be done.
    package let version: StateVersionDocument?
    /// The rules of the vault that the state breaks.
    package let overrides: [String]
    /// The newest has the same bytes already.
    package let isUnchanged: Bool
    /// In the state that was sent.
    package let resources: Int
    /// What it would follow; nil for an import that is done.
    package let current: StateVersionDocument?

    /// The project isn't there, and would be made, or was.
    package let isNew: Bool

    init(_ check: ImportCheck?, of offered: StateDocument) {
        version = nil
        overrides = check?.overrides.map(\.description) ?? []
        isUnchanged = check?.isUnchanged ?? false
        resources = offered.resourceCount
        current = check?.current.map(StateVersionDocument.init)
        isNew = check == nil
    }

    init(_ imported: ImportedState, of offered: StateDocument) {
        version = imported.version.map(StateVersionDocument.init)
        overrides = imported.overrides.map(\.description)
        isUnchanged = version == nil
        resources = offered.resourceCount
        current = nil
        isNew = version?.version == 1
    }

    static let schema = NamedSchema(
        "StateImport",
        .object([
            .optional("version", .named(StateVersionDocument.schema), "The new one; none: the newest had the same bytes already"),
            .init("overrides", .list(.string()), "The rules that it breaks, which force overrides"),
            .init("isUnchanged", .boolean, "The newest has the same bytes already"),
            .init("resources", .integer, "In the state that was sent"),
            .init("isNew", .boolean, "The project isn't there, and is made"),
            .optional("current", .named(StateVersionDocument.schema), "What it follows"),
        ])
    )
}
