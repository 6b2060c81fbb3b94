package import Storage

/// The tables' history, oldest step first.
package enum Schema {
    package static let migrations: [Migration] = []

    /// Brings a database to this program's tables.
    package static let migrator = Migrator(migrations)
}
