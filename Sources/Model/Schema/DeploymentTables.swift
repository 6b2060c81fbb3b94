internal import Storage

/// Deployments, the sources they were made from, and what goes with a job.
enum DeploymentTables {
    static let statements: [SQL] = [
        // Text that Terraform wrote is TEXT, not JSON: PostgreSQL's jsonb refuses \\u0000, and an ending must never fail over an output.
        // state_*: the newest version's facts, and the fence that its next writer must not be below (StateTables has the versions).
        """
        CREATE TABLE terraform_deployments (
            id \(type: .identity),
            organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
            project TEXT NOT NULL CHECK (project <> ''),
            status TEXT NOT NULL CHECK (status IN ('pending', 'initializing', 'planning', 'awaiting_approval', 'applying', 'verifying',
                'completed', 'failed', 'cancelled', 'destroying', 'destroyed', 'rolling_back', 'rolled_back')),
            progress_percentage BIGINT NOT NULL DEFAULT 0 CHECK (progress_percentage BETWEEN 0 AND 100),
            current_stage TEXT NOT NULL DEFAULT 'queued',
            stage_message TEXT,
            cloud_provider TEXT,
            source_id BIGINT,
            sealed_variables \(type: .blob),
            provider_lock TEXT,
            output_data TEXT,
            sealed_outputs \(type: .blob),
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
            updated_at BIGINT NOT NULL,
            UNIQUE (organization_id, project)
        )
        """,
        // A source is stored once however often it is deployed.
        """
        CREATE TABLE terraform_sources (
            id \(type: .identity),
            terraform_deployment_id BIGINT NOT NULL REFERENCES terraform_deployments (id) ON DELETE CASCADE,
            sha256 TEXT NOT NULL,
            sealed_files \(type: .blob) NOT NULL,
            size_bytes BIGINT NOT NULL,
            file_count BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            UNIQUE (terraform_deployment_id, sha256)
        )
        """,
        // What one job runs with. The inputs (variables, the caller's environment) and the plan go when the job is over.
        """
        CREATE TABLE terraform_runs (
            job_id TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
            terraform_deployment_id BIGINT NOT NULL REFERENCES terraform_deployments (id) ON DELETE CASCADE,
            source_id BIGINT NOT NULL REFERENCES terraform_sources (id),
            sealed_inputs \(type: .blob),
            sealed_plan \(type: .blob),
            plan_summary TEXT,
            decision TEXT CHECK (decision IN ('approved', 'refused')),
            decided_by TEXT,
            decided_at BIGINT,
            plan_expires_at BIGINT
        )
        """,
        "CREATE INDEX terraform_runs_deployment ON terraform_runs (terraform_deployment_id)",
        "CREATE INDEX terraform_runs_source ON terraform_runs (source_id)",
    ]
}
