CREATE TABLE api_tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL CHECK (name <> ''),
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    hint TEXT NOT NULL,
    user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
    organization_id BIGINT REFERENCES organizations (id) ON DELETE CASCADE,
    role TEXT CHECK (role IN ('viewer', 'member', 'admin', 'owner')),
    permissions TEXT,
    is_administrator SMALLINT NOT NULL DEFAULT 0 CHECK (is_administrator IN (0, 1)),
    is_first SMALLINT NOT NULL DEFAULT 0 CHECK (is_first IN (0, 1)),
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT,
    CHECK (is_administrator = 0 OR (user_id IS NULL AND organization_id IS NULL)),
    CHECK (user_id IS NOT NULL OR is_administrator = 1 OR (organization_id IS NOT NULL AND role IS NOT NULL))
);
CREATE UNIQUE INDEX api_tokens_is_first_key ON api_tokens (is_first) WHERE is_first = 1;
CREATE INDEX api_tokens_organization ON api_tokens (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX api_tokens_user ON api_tokens (user_id) WHERE user_id IS NOT NULL;
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT,
    actor TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action <> ''),
    subject TEXT NOT NULL,
    details TEXT NOT NULL,
    created_at BIGINT NOT NULL
, result TEXT NOT NULL DEFAULT 'ok' CHECK (result IN ('ok', 'denied', 'failed')), source TEXT NOT NULL DEFAULT '');
CREATE INDEX audit_log_actor ON audit_log (actor, id);
CREATE INDEX audit_log_organization ON audit_log (organization_id, id);
CREATE TABLE broadcast_channels (
    channel TEXT NOT NULL PRIMARY KEY CHECK (length(channel) BETWEEN 1 AND 200),
    last_position BIGINT NOT NULL CHECK (last_position >= 1)
) WITHOUT ROWID;
CREATE TABLE broadcasts (
    channel TEXT NOT NULL,
    position BIGINT NOT NULL CHECK (position >= 1),
    name TEXT NOT NULL CHECK (name <> ''),
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (channel, position)
) WITHOUT ROWID;
CREATE INDEX broadcasts_created ON broadcasts (created_at);
CREATE TRIGGER cloud_provider_credentials_sealed_values_retired_on_insert BEFORE INSERT ON cloud_provider_credentials
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_values, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TRIGGER cloud_provider_credentials_sealed_values_retired_on_update BEFORE UPDATE OF sealed_values ON cloud_provider_credentials
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_values, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TABLE cloud_provider_credentials (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (name <> ''),
    provider TEXT NOT NULL,
    variable_names TEXT NOT NULL,
    sealed_values BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, name)
);
CREATE INDEX cloud_provider_credentials_sealed_values_key
ON cloud_provider_credentials (substr(sealed_values, 58, 67));
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    ordinal BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (job_id, ordinal)
);
CREATE TABLE idempotency_keys (
    scope TEXT NOT NULL,
    key TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint TEXT NOT NULL,
    status BIGINT NOT NULL,
    response TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);
CREATE TABLE job_attempts (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    attempt BIGINT NOT NULL CHECK (attempt >= 1),
    fence BIGINT NOT NULL CHECK (fence >= 1),
    worker_id TEXT NOT NULL,
    host TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    outcome TEXT NOT NULL
        CHECK (outcome IN ('completed', 'failed', 'cancelled', 'suspended', 'handed_back', 'lost')),
    error_code TEXT,
    error_message TEXT,
    stage TEXT NOT NULL,
    PRIMARY KEY (job_id, fence)
) WITHOUT ROWID;
CREATE TABLE job_fences (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    last_fence BIGINT NOT NULL CHECK (last_fence >= 0)
);
CREATE TABLE job_queues (
    queue TEXT NOT NULL PRIMARY KEY,
    paused_at BIGINT,
    paused_by TEXT
);
CREATE TABLE job_tags (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    tag TEXT NOT NULL CHECK (length(tag) BETWEEN 1 AND 200),
    PRIMARY KEY (job_id, tag)
);
CREATE INDEX job_tags_tag ON job_tags (tag, job_id);
CREATE TABLE job_turns (
    turn_of BIGINT NOT NULL PRIMARY KEY,
    served_fence BIGINT NOT NULL DEFAULT 0,
    maximum_running BIGINT CHECK (maximum_running >= 0)
);
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    queue TEXT NOT NULL CHECK (length(queue) BETWEEN 1 AND 100),
    organization_id BIGINT REFERENCES organizations (id),
    turn_of BIGINT NOT NULL CHECK (turn_of = COALESCE(organization_id, 0)),
    concurrency_key TEXT,
    unique_key TEXT,
    payload TEXT NOT NULL,
    tags TEXT NOT NULL,
    priority BIGINT NOT NULL DEFAULT 0,
    status TEXT NOT NULL
        CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'scheduled', 'retrying', 'cancelled')),
    run_at BIGINT NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 0,
    maximum_attempts BIGINT NOT NULL CHECK (maximum_attempts >= 1),
    timeout_seconds BIGINT NOT NULL CHECK (timeout_seconds >= 1),
    fence BIGINT,
    worker_id TEXT,
    lease_expires_at BIGINT,
    write_token BIGINT,
    wake_requested SMALLINT NOT NULL DEFAULT 0 CHECK (wake_requested IN (0, 1)),
    cancel_requested_at BIGINT,
    cancel_force SMALLINT NOT NULL DEFAULT 0 CHECK (cancel_force IN (0, 1)),
    cancelled_by TEXT,
    stage TEXT NOT NULL,
    progress BIGINT NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    message TEXT,
    result TEXT,
    error_message TEXT,
    error_code TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    updated_at BIGINT NOT NULL,
    CHECK (attempt BETWEEN 0 AND maximum_attempts),
    CHECK ((status = 'processing') = (lease_expires_at IS NOT NULL)),
    CHECK (status <> 'processing' OR (fence IS NOT NULL AND worker_id IS NOT NULL AND started_at IS NOT NULL AND attempt >= 1)),
    CHECK ((status IN ('completed', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX jobs_concurrency_key_key ON jobs (concurrency_key)
WHERE status = 'processing' AND concurrency_key IS NOT NULL;
CREATE INDEX jobs_created ON jobs (created_at, id);
CREATE INDEX jobs_due ON jobs (run_at) WHERE status IN ('scheduled', 'retrying');
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_of_key ON jobs (concurrency_key, created_at) WHERE concurrency_key IS NOT NULL;
CREATE INDEX jobs_of_organization ON jobs (organization_id, created_at, id) WHERE organization_id IS NOT NULL;
CREATE INDEX jobs_ready ON jobs (queue, turn_of, priority DESC, run_at, id) WHERE status = 'pending';
CREATE INDEX jobs_running ON jobs (worker_id) WHERE status = 'processing';
CREATE UNIQUE INDEX jobs_unique_key_key ON jobs (unique_key)
WHERE unique_key IS NOT NULL AND status IN ('pending', 'scheduled', 'retrying', 'processing');
CREATE TABLE licenses (
    organization_id BIGINT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    max_servers BIGINT CHECK (max_servers >= 0),
    max_concurrent_runs BIGINT CHECK (max_concurrent_runs >= 1),
    features TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE log_chunks (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    ordinal BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (job_id, ordinal)
);
CREATE TABLE memberships (
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin', 'owner')),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);
CREATE TABLE organization_usage (
    organization_id BIGINT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    resources BIGINT NOT NULL DEFAULT 0 CHECK (resources >= 0),
    servers BIGINT NOT NULL DEFAULT 0 CHECK (servers >= 0),
    runs BIGINT NOT NULL DEFAULT 0 CHECK (runs >= 0),
    updated_at BIGINT NOT NULL
);
CREATE TABLE organizations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    created_at BIGINT NOT NULL
, sealed_as TEXT, network TEXT CHECK (network IN ('host', 'filtered', 'none')), network_allow TEXT, run_memory BIGINT CHECK (run_memory > 0), run_processes BIGINT CHECK (run_processes > 0), run_files BIGINT CHECK (run_files > 0), run_disk BIGINT CHECK (run_disk > 0), run_log BIGINT CHECK (run_log > 0), run_processors DOUBLE PRECISION CHECK (run_processors > 0));
CREATE UNIQUE INDEX organizations_sealed_as_key ON organizations (COALESCE(sealed_as, name));
CREATE TABLE periodic_jobs (
    name TEXT NOT NULL PRIMARY KEY,
    every_seconds BIGINT NOT NULL CHECK (every_seconds >= 1),
    next_at BIGINT NOT NULL,
    last_job_id TEXT
);
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
);
CREATE TABLE retired_keys (
    name TEXT NOT NULL PRIMARY KEY,
    key_field BLOB NOT NULL,
    retired_by TEXT NOT NULL,
    retired_at BIGINT NOT NULL
);
CREATE TABLE schema_migrations (
    number BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at BIGINT NOT NULL
);
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
) WITHOUT ROWID;
CREATE INDEX server_metrics_taken ON server_metrics (taken_at);
CREATE TABLE server_settings (
    name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
    sealed_value BLOB NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE servers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
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
    health_check_status TEXT,
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
);
CREATE UNIQUE INDEX servers_address_key ON servers (organization_id, ip_address, port);
CREATE INDEX servers_deployment ON servers (terraform_deployment_id);
CREATE INDEX servers_due ON servers (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE UNIQUE INDEX servers_instance_key ON servers (organization_id, instance_id, COALESCE(provider, ''))
WHERE instance_id IS NOT NULL;
CREATE INDEX servers_key ON servers (ssh_key_id) WHERE ssh_key_id IS NOT NULL;
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 64),
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE TRIGGER ssh_keys_sealed_private_key_retired_on_insert BEFORE INSERT ON ssh_keys
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_private_key, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TRIGGER ssh_keys_sealed_private_key_retired_on_update BEFORE UPDATE OF sealed_private_key ON ssh_keys
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_private_key, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TABLE ssh_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (name <> ''),
    public_key TEXT NOT NULL CHECK (public_key <> ''),
    fingerprint TEXT NOT NULL CHECK (fingerprint <> ''),
    sealed_private_key BLOB NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (organization_id, name)
);
CREATE INDEX ssh_keys_sealed_private_key_key
ON ssh_keys (substr(sealed_private_key, 58, 67));
CREATE TABLE state_checksums (
    terraform_deployment_id BIGINT NOT NULL REFERENCES terraform_deployments (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (terraform_deployment_id, version)
) WITHOUT ROWID;
CREATE TABLE state_locks (
    terraform_deployment_id BIGINT PRIMARY KEY REFERENCES terraform_deployments (id) ON DELETE CASCADE,
    lock_id TEXT NOT NULL CHECK (lock_id <> ''),
    holder TEXT NOT NULL,
    reason TEXT NOT NULL,
    info TEXT,
    fence BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE TABLE state_retention (
    organization_id BIGINT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    versions BIGINT NOT NULL CHECK (versions >= 1),
    days BIGINT NOT NULL CHECK (days >= 0),
    updated_at BIGINT NOT NULL
);
CREATE TRIGGER terraform_deployments_sealed_outputs_retired_on_insert BEFORE INSERT ON terraform_deployments
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_outputs, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TRIGGER terraform_deployments_sealed_outputs_retired_on_update BEFORE UPDATE OF sealed_outputs ON terraform_deployments
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_outputs, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TRIGGER terraform_deployments_sealed_variables_retired_on_insert BEFORE INSERT ON terraform_deployments
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_variables, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TRIGGER terraform_deployments_sealed_variables_retired_on_update BEFORE UPDATE OF sealed_variables ON terraform_deployments
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_variables, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TABLE terraform_deployments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project TEXT NOT NULL CHECK (project <> ''),
    status TEXT NOT NULL CHECK (status IN ('pending', 'initializing', 'planning', 'awaiting_approval', 'applying', 'verifying',
        'completed', 'failed', 'cancelled', 'destroying', 'destroyed', 'rolling_back', 'rolled_back')),
    progress_percentage BIGINT NOT NULL DEFAULT 0 CHECK (progress_percentage BETWEEN 0 AND 100),
    current_stage TEXT NOT NULL DEFAULT 'queued',
    stage_message TEXT,
    cloud_provider TEXT,
    source_id BIGINT,
    sealed_variables BLOB,
    provider_lock TEXT,
    output_data TEXT,
    sealed_outputs BLOB,
    plan_summary TEXT,
    error_message TEXT,
    last_job_id TEXT,
    retry_count BIGINT NOT NULL DEFAULT 0,
    resource_count BIGINT NOT NULL DEFAULT 0,
    server_count BIGINT NOT NULL DEFAULT 0,
    state_version BIGINT NOT NULL DEFAULT 0,
    state_serial BIGINT,
    state_lineage TEXT,
    state_checksum TEXT,
    state_size_bytes BIGINT,
    state_fence BIGINT NOT NULL DEFAULT 0,
    started_at BIGINT,
    completed_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL, auto_register_server SMALLINT NOT NULL DEFAULT 0
    CHECK (auto_register_server IN (0, 1)), registration_status TEXT
    CHECK (registration_status IN ('pending', 'registering', 'completed', 'failed', 'cancelled')), registration_error TEXT, registration_job_id TEXT, registration_completed_at BIGINT,
    UNIQUE (organization_id, project)
);
CREATE INDEX terraform_deployments_sealed_outputs_key
ON terraform_deployments (substr(sealed_outputs, 58, 67));
CREATE INDEX terraform_deployments_sealed_variables_key
ON terraform_deployments (substr(sealed_variables, 58, 67));
CREATE TRIGGER terraform_runs_sealed_inputs_retired_on_insert BEFORE INSERT ON terraform_runs
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_inputs, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TRIGGER terraform_runs_sealed_inputs_retired_on_update BEFORE UPDATE OF sealed_inputs ON terraform_runs
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_inputs, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TRIGGER terraform_runs_sealed_plan_retired_on_insert BEFORE INSERT ON terraform_runs
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_plan, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TRIGGER terraform_runs_sealed_plan_retired_on_update BEFORE UPDATE OF sealed_plan ON terraform_runs
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_plan, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TABLE terraform_runs (
    job_id TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    terraform_deployment_id BIGINT NOT NULL REFERENCES terraform_deployments (id) ON DELETE CASCADE,
    source_id BIGINT NOT NULL REFERENCES terraform_sources (id),
    sealed_inputs BLOB,
    sealed_plan BLOB,
    plan_summary TEXT,
    decision TEXT CHECK (decision IN ('approved', 'refused')),
    decided_by TEXT,
    decided_at BIGINT,
    plan_expires_at BIGINT
);
CREATE INDEX terraform_runs_deployment ON terraform_runs (terraform_deployment_id);
CREATE INDEX terraform_runs_sealed_inputs_key
ON terraform_runs (substr(sealed_inputs, 58, 67));
CREATE INDEX terraform_runs_sealed_plan_key
ON terraform_runs (substr(sealed_plan, 58, 67));
CREATE INDEX terraform_runs_source ON terraform_runs (source_id);
CREATE TRIGGER terraform_sources_sealed_files_retired_on_insert BEFORE INSERT ON terraform_sources
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_files, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TRIGGER terraform_sources_sealed_files_retired_on_update BEFORE UPDATE OF sealed_files ON terraform_sources
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_files, 58, length(key_field)))
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TABLE terraform_sources (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    terraform_deployment_id BIGINT NOT NULL REFERENCES terraform_deployments (id) ON DELETE CASCADE,
    sha256 TEXT NOT NULL,
    sealed_files BLOB NOT NULL,
    size_bytes BIGINT NOT NULL,
    file_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (terraform_deployment_id, sha256)
);
CREATE INDEX terraform_sources_sealed_files_key
ON terraform_sources (substr(sealed_files, 58, 67));
CREATE TRIGGER terraform_state_versions_key_name_retired_on_insert BEFORE INSERT ON terraform_state_versions
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE name = NEW.key_name)
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TRIGGER terraform_state_versions_key_name_retired_on_update BEFORE UPDATE OF key_name ON terraform_state_versions
WHEN EXISTS (SELECT 1 FROM retired_keys WHERE name = NEW.key_name)
BEGIN SELECT RAISE(ABORT, 'the key is retired'); END;
CREATE TABLE terraform_state_versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    terraform_deployment_id BIGINT NOT NULL REFERENCES terraform_deployments (id) ON DELETE CASCADE,
    organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    version BIGINT NOT NULL CHECK (version >= 1),
    state_file BLOB NOT NULL,
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
    updated_at BIGINT NOT NULL, backup_status TEXT NOT NULL DEFAULT 'pending'
    CHECK (backup_status IN ('pending', 'stored', 'failed')), backup_key_name TEXT, backup_verified_at BIGINT, backup_error TEXT, pinned SMALLINT NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)), pruned_at BIGINT,
    UNIQUE (terraform_deployment_id, version)
);
CREATE INDEX terraform_state_versions_backlog ON terraform_state_versions (terraform_deployment_id, version)
WHERE backup_status <> 'stored';
CREATE INDEX terraform_state_versions_created ON terraform_state_versions (created_at);
CREATE INDEX terraform_state_versions_key ON terraform_state_versions (key_name);
CREATE INDEX terraform_state_versions_organization ON terraform_state_versions (organization_id);
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> '' AND name = lower(name)),
    password_hash TEXT,
    is_administrator SMALLINT NOT NULL DEFAULT 0 CHECK (is_administrator IN (0, 1)),
    disabled_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE workers (
    id TEXT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    incarnation TEXT,
    version TEXT NOT NULL,
    computing_slots BIGINT NOT NULL,
    waiting_slots BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL,
    stopped_at BIGINT
);
