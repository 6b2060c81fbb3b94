/// What is done to a resource; names Terraform may add later pass through.
package struct ChangeAction: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package var description: String { rawValue }

    package static let none = ChangeAction(rawValue: "noop")
    package static let create = ChangeAction(rawValue: "create")
    package static let read = ChangeAction(rawValue: "read")
    package static let update = ChangeAction(rawValue: "update")
    package static let replace = ChangeAction(rawValue: "replace")
    package static let delete = ChangeAction(rawValue: "delete")
    package static let move = ChangeAction(rawValue: "move")
    package static let `import` = ChangeAction(rawValue: "import")
    /// Dropped from the state, not destroyed.
    package static let forget = ChangeAction(rawValue: "remove")
}
