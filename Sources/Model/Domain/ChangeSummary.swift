/// How many resources a plan or an apply adds, changes, imports and removes; Terraform's `change_summary`.
package struct ChangeSummary: Sendable, Hashable, Codable, CustomStringConvertible {
    package var add: Int
    package var change: Int
    package var destroy: Int
    package var imported: Int

    package init(add: Int = 0, change: Int = 0, destroy: Int = 0, imported: Int = 0) {
        self.add = add
        self.change = change
        self.destroy = destroy
        self.imported = imported
    }

    /// Nothing would be touched.
    package var isEmpty: Bool { add == 0 && change == 0 && destroy == 0 && imported == 0 }

    /// How many resources are touched.
    package var total: Int { [change, destroy, imported].reduce(add) { $0.addingClamped($1) } }

    /// `+3 ~1 -0`.
    package var description: String { "+\(add) ~\(change) -\(destroy)" }
}
