internal import Storage

/// What keeps versions safe beside their rows: backups, a second record of their checksums, pins, retention; and the audit log.
enum VaultTables {
    static let statements: [SQL] = [
        // backup_path, of migration 1, says where. backup_key_name: the key that wraps both of a backup's messages, for its retirement.
        """
        ALTER TABLE terraform_state_versions ADD COLUMN backup_status TEXT NOT NULL DEFAULT 'pending'
            CHECK (backup_status IN ('pending', 'stored', 'failed'))
        """,
        "ALTER TABLE terraform_state_versions ADD COLUMN backup_key_name TEXT",
        "ALTER TABLE terraform_state_versions ADD COLUMN backup_verified_at BIGINT",
        "ALTER TABLE terraform_state_versions ADD COLUMN backup_error TEXT",
        "ALTER TABLE terraform_state_versions ADD COLUMN pinned SMALLINT NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1))",
        // Set: its backup is being deleted, and then the row.
        "ALTER TABLE terraform_state_versions ADD COLUMN pruned_at BIGINT",
        """
        CREATE INDEX terraform_state_versions_backlog ON terraform_state_versions (terraform_deployment_id, version)
        WHERE backup_status <> 'stored'
        """,
        // Written with each version: a row that was lost, or that holds another's content in all its columns, is known by it.
        """
        CREATE TABLE state_checksums (
            terraform_deployment_id BIGINT NOT NULL REFERENCES terraform_deployments (id) ON DELETE CASCADE,
            version BIGINT NOT NULL,
            checksum TEXT NOT NULL,
            PRIMARY KEY (terraform_deployment_id, version)
        )\(sqlite: " WITHOUT ROWID", postgres: "")
        """,
        """
        INSERT INTO state_checksums (terraform_deployment_id, version, checksum)
        SELECT terraform_deployment_id, version, checksum FROM terraform_state_versions
        """,
        """
        CREATE TABLE state_retention (
            organization_id BIGINT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
            versions BIGINT NOT NULL CHECK (versions >= 1),
            days BIGINT NOT NULL CHECK (days >= 0),
            updated_at BIGINT NOT NULL
        )
        """,
        // No foreign key: what was done is kept when the organization is gone. Nil for what concerns all of them.
        """
        CREATE TABLE audit_log (
            id \(type: .identity),
            organization_id BIGINT,
            actor TEXT NOT NULL,
            action TEXT NOT NULL CHECK (action <> ''),
            subject TEXT NOT NULL,
            details \(type: .json) NOT NULL,
            created_at BIGINT NOT NULL
        )
        """,
        "CREATE INDEX audit_log_organization ON audit_log (organization_id, id)",
    ]
}
