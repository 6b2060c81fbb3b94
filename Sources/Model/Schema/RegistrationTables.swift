internal import Storage

/// Servers, the keys that open them, what was measured on them, and how each deployment's registration stands.
enum RegistrationTables {
    static let statements: [SQL] = deployments + keys + servers + measurements

    private static let deployments: [SQL] = [
        """
        ALTER TABLE terraform_deployments ADD COLUMN auto_register_server SMALLINT NOT NULL DEFAULT 0
            CHECK (auto_register_server IN (0, 1))
        """,
        """
        ALTER TABLE terraform_deployments ADD COLUMN registration_status TEXT
            CHECK (registration_status IN ('pending', 'registering', 'completed', 'failed', 'cancelled'))
        """,
        "ALTER TABLE terraform_deployments ADD COLUMN registration_error TEXT",
        // The one job that may write for this deployment's servers: an older one finds another's id here, or none, and ends.
        "ALTER TABLE terraform_deployments ADD COLUMN registration_job_id TEXT",
        "ALTER TABLE terraform_deployments ADD COLUMN registration_completed_at BIGINT",
    ]

    private static let keys: [SQL] =
        [
            // sealed_private_key: OpenSSH's text, sealed to ssh-key/<organization's first name>/<name>.
            """
            CREATE TABLE ssh_keys (
                id \(type: .identity),
                organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
                name TEXT NOT NULL CHECK (name <> ''),
                public_key TEXT NOT NULL CHECK (public_key <> ''),
                fingerprint TEXT NOT NULL CHECK (fingerprint <> ''),
                sealed_private_key \(type: .blob) NOT NULL,
                created_by TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                UNIQUE (organization_id, name)
            )
            """
        ] + KeyTables.statements(for: .init(table: "ssh_keys", column: "sealed_private_key"))

    private static let servers: [SQL] = [
        // No row: the standards. network_target: HOST, HOST:PORT or 'none'; NULL: the standard for the provider.
        """
        CREATE TABLE registration_settings (
            organization_id BIGINT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
            installs_docker SMALLINT NOT NULL CHECK (installs_docker IN (0, 1)),
            minimum_docker TEXT NOT NULL,
            minimum_disk_gb BIGINT NOT NULL CHECK (minimum_disk_gb >= 0),
            minimum_memory_mb BIGINT NOT NULL CHECK (minimum_memory_mb >= 0),
            maximum_clock_skew_seconds BIGINT NOT NULL CHECK (maximum_clock_skew_seconds >= 1),
            network_target TEXT,
            check_interval_seconds BIGINT NOT NULL CHECK (check_interval_seconds >= 5),
            updated_at BIGINT NOT NULL
        )
        """,
        // ssh_key_id: the key that the server has; NULL before it was installed. host_key: one line a key, as ssh-keyscan prints them
        // without the address; NULL before the first contact. registered_at: when
        // all checks passed for the first time.
        """
        CREATE TABLE servers (
            id \(type: .identity),
            organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
            terraform_deployment_id BIGINT NOT NULL REFERENCES terraform_deployments (id) ON DELETE CASCADE,
            name TEXT NOT NULL CHECK (name <> ''),
            description TEXT NOT NULL DEFAULT '',
            ip_address TEXT NOT NULL CHECK (ip_address <> ''),
            port BIGINT NOT NULL CHECK (port BETWEEN 1 AND 65535),
            "user" TEXT NOT NULL CHECK ("user" <> ''),
            private_ip TEXT,
            hostname TEXT,
            instance_id TEXT,
            provider TEXT,
            region TEXT,
            ssh_key_id BIGINT REFERENCES ssh_keys (id),
            host_key TEXT,
            status TEXT NOT NULL CHECK (status IN ('registering', 'reachable', 'unreachable', 'ready', 'error')),
            error_message TEXT,
            docker_version TEXT,
            health_check_status \(type: .json),
            operating_system TEXT,
            architecture TEXT,
            kernel TEXT,
            cpus BIGINT CHECK (cpus >= 0),
            memory_bytes BIGINT CHECK (memory_bytes >= 0),
            disk_bytes BIGINT CHECK (disk_bytes >= 0),
            missed_checks BIGINT NOT NULL DEFAULT 0 CHECK (missed_checks >= 0),
            last_checked_at BIGINT,
            next_check_at BIGINT,
            registered_at BIGINT,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            UNIQUE (organization_id, name)
        )
        """,
        // A machine is known by what its cloud calls it, and by where it answers: never two rows for one.
        """
        CREATE UNIQUE INDEX servers_instance_key ON servers (organization_id, instance_id, COALESCE(provider, ''))
        WHERE instance_id IS NOT NULL
        """,
        "CREATE UNIQUE INDEX servers_address_key ON servers (organization_id, ip_address, port)",
        "CREATE INDEX servers_deployment ON servers (terraform_deployment_id)",
        "CREATE INDEX servers_key ON servers (ssh_key_id) WHERE ssh_key_id IS NOT NULL",
        "CREATE INDEX servers_due ON servers (next_check_at) WHERE next_check_at IS NOT NULL",
    ]

    private static let measurements: [SQL] = [
        // cpu_busy, cpu_total: the kernel's own counters, for the share since the row before; NULL cpu_percent: there was none.
        """
        CREATE TABLE server_metrics (
            server_id BIGINT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
            taken_at BIGINT NOT NULL,
            cpu_busy BIGINT NOT NULL,
            cpu_total BIGINT NOT NULL,
            cpu_percent DOUBLE PRECISION,
            memory_used_bytes BIGINT NOT NULL,
            memory_bytes BIGINT NOT NULL,
            disk_used_bytes BIGINT NOT NULL,
            disk_bytes BIGINT NOT NULL,
            load_1 DOUBLE PRECISION NOT NULL,
            load_5 DOUBLE PRECISION NOT NULL,
            load_15 DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (server_id, taken_at)
        )\(sqlite: " WITHOUT ROWID", postgres: "")
        """,
        "CREATE INDEX server_metrics_taken ON server_metrics (taken_at)",
    ]
}
