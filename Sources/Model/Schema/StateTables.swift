package import Storage

/// Sealed copies of each deployment's Terraform state, and who has it locked.
package enum StateTables {
    package static let statements: [SQL] = [
        // state_file: sealed (docs/sealed-format.md, context state/<deployment>/<version>). checksum, size_bytes: of the plain bytes.
        // A version that is not final is what a run had written so far: the same job's next one takes its row. No foreign key to jobs:
        // they are pruned, versions stay.
        """
        CREATE TABLE terraform_state_versions (
            id \(type: .identity),
            terraform_deployment_id BIGINT NOT NULL REFERENCES terraform_deployments (id) ON DELETE CASCADE,
            organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
            version BIGINT NOT NULL CHECK (version >= 1),
            state_file \(type: .blob) NOT NULL,
            checksum TEXT NOT NULL CHECK (length(checksum) = 64),
            size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0),
            sealed_size_bytes BIGINT NOT NULL CHECK (sealed_size_bytes > 0),
            compressed SMALLINT NOT NULL CHECK (compressed IN (0, 1)),
            key_name TEXT NOT NULL,
            serial BIGINT NOT NULL,
            lineage TEXT NOT NULL,
            terraform_version TEXT NOT NULL,
            resource_count BIGINT NOT NULL CHECK (resource_count >= 0),
            is_final SMALLINT NOT NULL CHECK (is_final IN (0, 1)),
            fence BIGINT NOT NULL,
            job_id TEXT,
            created_by TEXT NOT NULL,
            change_summary TEXT,
            backup_path TEXT,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            UNIQUE (terraform_deployment_id, version)
        )
        """,
        "CREATE INDEX terraform_state_versions_organization ON terraform_state_versions (organization_id)",
        // For rotation and retirement of a key.
        "CREATE INDEX terraform_state_versions_key ON terraform_state_versions (key_name)",
        // For pruning.
        "CREATE INDEX terraform_state_versions_created ON terraform_state_versions (created_at)",
        """
        CREATE TABLE state_locks (
            terraform_deployment_id BIGINT PRIMARY KEY REFERENCES terraform_deployments (id) ON DELETE CASCADE,
            lock_id TEXT NOT NULL CHECK (lock_id <> ''),
            holder TEXT NOT NULL,
            reason TEXT NOT NULL,
            info \(type: .json),
            fence BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            expires_at BIGINT
        )
        """,
    ]
}
