package import Storage

/// The tables' history, oldest step first.
package enum Schema {
    package static let migrations: [Migration] = [
        Migration(
            number: 1,
            name: "foundation",
            statements: OrganizationTables.statements + JobTables.statements + DeploymentTables.statements + StateTables.statements
                + EventTables.statements
        ),
        Migration(number: 2, name: "vault", statements: VaultTables.statements),
        Migration(number: 3, name: "keys", statements: KeyTables.statements),
        Migration(number: 4, name: "access", statements: AccessTables.statements),
        Migration(number: 5, name: "broadcasts", statements: BroadcastTables.statements),
        Migration(number: 6, name: "server", statements: ServerTables.statements),
        Migration(number: 7, name: "registration", statements: RegistrationTables.statements),
        Migration(number: 8, name: "network", statements: NetworkTables.statements),
        Migration(number: 9, name: "limits", statements: LimitTables.statements),
    ]

    /// Brings a database to this program's tables.
    package static let migrator = Migrator(migrations)
}
