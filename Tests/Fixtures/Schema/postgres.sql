table api_tokens
    column id bigint NOT NULL IDENTITY
    column name text NOT NULL
    column hash text NOT NULL
    column hint text NOT NULL
    column user_id bigint
    column organization_id bigint
    column role text
    column permissions json
    column is_administrator smallint NOT NULL DEFAULT 0
    column is_first smallint NOT NULL DEFAULT 0
    column created_by text NOT NULL
    column created_at bigint NOT NULL
    column expires_at bigint
    column last_used_at bigint
    column revoked_at bigint
    constraint api_tokens_check CHECK (((is_administrator = 0) OR ((user_id IS NULL) AND (organization_id IS NULL))))
    constraint api_tokens_check1 CHECK (((user_id IS NOT NULL) OR (is_administrator = 1) OR ((organization_id IS NOT NULL) AND (role IS NOT NULL))))
    constraint api_tokens_hash_check CHECK ((length(hash) = 64))
    constraint api_tokens_hash_key UNIQUE (hash)
    constraint api_tokens_is_administrator_check CHECK ((is_administrator = ANY (ARRAY[0, 1])))
    constraint api_tokens_is_first_check CHECK ((is_first = ANY (ARRAY[0, 1])))
    constraint api_tokens_name_check CHECK ((name <> ''::text))
    constraint api_tokens_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    constraint api_tokens_pkey PRIMARY KEY (id)
    constraint api_tokens_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text, 'owner'::text])))
    constraint api_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
    CREATE UNIQUE INDEX api_tokens_hash_key ON public.api_tokens USING btree (hash)
    CREATE UNIQUE INDEX api_tokens_is_first_key ON public.api_tokens USING btree (is_first) WHERE (is_first = 1)
    CREATE INDEX api_tokens_organization ON public.api_tokens USING btree (organization_id) WHERE (organization_id IS NOT NULL)
    CREATE UNIQUE INDEX api_tokens_pkey ON public.api_tokens USING btree (id)
    CREATE INDEX api_tokens_user ON public.api_tokens USING btree (user_id) WHERE (user_id IS NOT NULL)

table audit_log
    column id bigint NOT NULL IDENTITY
    column organization_id bigint
    column actor text NOT NULL
    column action text NOT NULL
    column subject text NOT NULL
    column details json NOT NULL
    column created_at bigint NOT NULL
    column result text NOT NULL DEFAULT 'ok'::text
    column source text NOT NULL DEFAULT ''::text
    constraint audit_log_action_check CHECK ((action <> ''::text))
    constraint audit_log_pkey PRIMARY KEY (id)
    constraint audit_log_result_check CHECK ((result = ANY (ARRAY['ok'::text, 'denied'::text, 'failed'::text])))
    CREATE INDEX audit_log_actor ON public.audit_log USING btree (actor, id)
    CREATE INDEX audit_log_organization ON public.audit_log USING btree (organization_id, id)
    CREATE UNIQUE INDEX audit_log_pkey ON public.audit_log USING btree (id)

table broadcast_channels
    column channel text NOT NULL
    column last_position bigint NOT NULL
    constraint broadcast_channels_channel_check CHECK (((length(channel) >= 1) AND (length(channel) <= 200)))
    constraint broadcast_channels_last_position_check CHECK ((last_position >= 1))
    constraint broadcast_channels_pkey PRIMARY KEY (channel)
    CREATE UNIQUE INDEX broadcast_channels_pkey ON public.broadcast_channels USING btree (channel)

table broadcasts
    column channel text NOT NULL
    column position bigint NOT NULL
    column name text NOT NULL
    column data text NOT NULL
    column created_at bigint NOT NULL
    constraint broadcasts_name_check CHECK ((name <> ''::text))
    constraint broadcasts_pkey PRIMARY KEY (channel, "position")
    constraint broadcasts_position_check CHECK (("position" >= 1))
    CREATE INDEX broadcasts_created ON public.broadcasts USING btree (created_at)
    CREATE UNIQUE INDEX broadcasts_pkey ON public.broadcasts USING btree (channel, "position")

table cloud_provider_credentials
    column id bigint NOT NULL IDENTITY
    column organization_id bigint NOT NULL
    column name text NOT NULL
    column provider text NOT NULL
    column variable_names json NOT NULL
    column sealed_values bytea NOT NULL
    column created_at bigint NOT NULL
    column updated_at bigint NOT NULL
    constraint cloud_provider_credentials_name_check CHECK ((name <> ''::text))
    constraint cloud_provider_credentials_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    constraint cloud_provider_credentials_organization_id_name_key UNIQUE (organization_id, name)
    constraint cloud_provider_credentials_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX cloud_provider_credentials_organization_id_name_key ON public.cloud_provider_credentials USING btree (organization_id, name)
    CREATE UNIQUE INDEX cloud_provider_credentials_pkey ON public.cloud_provider_credentials USING btree (id)
    CREATE INDEX cloud_provider_credentials_sealed_values_key ON public.cloud_provider_credentials USING btree (substr(sealed_values, 58, 67))
    CREATE TRIGGER cloud_provider_credentials_sealed_values_retired BEFORE INSERT OR UPDATE OF sealed_values ON public.cloud_provider_credentials FOR EACH ROW EXECUTE FUNCTION cloud_provider_credentials_sealed_values_retired()

BEGIN
    IF EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_values, 58, length(key_field))) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'retired_key', MESSAGE = 'the key is retired';
    END IF;
    RETURN NEW;
END

table events
    column id bigint NOT NULL IDENTITY
    column organization_id bigint
    column job_id text NOT NULL
    column ordinal bigint NOT NULL
    column attempt bigint NOT NULL
    column name text NOT NULL
    column data text NOT NULL
    column created_at bigint NOT NULL
    constraint events_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE
    constraint events_job_id_ordinal_key UNIQUE (job_id, ordinal)
    constraint events_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX events_job_id_ordinal_key ON public.events USING btree (job_id, ordinal)
    CREATE UNIQUE INDEX events_pkey ON public.events USING btree (id)

table idempotency_keys
    column scope text NOT NULL
    column key text NOT NULL
    column fingerprint text NOT NULL
    column status bigint NOT NULL
    column response text NOT NULL
    column created_at bigint NOT NULL
    constraint idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255)))
    constraint idempotency_keys_pkey PRIMARY KEY (scope, key)
    CREATE INDEX idempotency_keys_created ON public.idempotency_keys USING btree (created_at)
    CREATE UNIQUE INDEX idempotency_keys_pkey ON public.idempotency_keys USING btree (scope, key)

table job_attempts
    column job_id text NOT NULL
    column attempt bigint NOT NULL
    column fence bigint NOT NULL
    column worker_id text NOT NULL
    column host text NOT NULL
    column started_at bigint NOT NULL
    column ended_at bigint NOT NULL
    column outcome text NOT NULL
    column error_code text
    column error_message text
    column stage text NOT NULL
    constraint job_attempts_attempt_check CHECK ((attempt >= 1))
    constraint job_attempts_fence_check CHECK ((fence >= 1))
    constraint job_attempts_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE
    constraint job_attempts_outcome_check CHECK ((outcome = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text, 'suspended'::text, 'handed_back'::text, 'lost'::text])))
    constraint job_attempts_pkey PRIMARY KEY (job_id, fence)
    CREATE UNIQUE INDEX job_attempts_pkey ON public.job_attempts USING btree (job_id, fence)

table job_fences
    column id smallint NOT NULL
    column last_fence bigint NOT NULL
    constraint job_fences_id_check CHECK ((id = 1))
    constraint job_fences_last_fence_check CHECK ((last_fence >= 0))
    constraint job_fences_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX job_fences_pkey ON public.job_fences USING btree (id)

table job_queues
    column queue text NOT NULL
    column paused_at bigint
    column paused_by text
    constraint job_queues_pkey PRIMARY KEY (queue)
    CREATE UNIQUE INDEX job_queues_pkey ON public.job_queues USING btree (queue)

table job_tags
    column job_id text NOT NULL
    column tag text NOT NULL
    constraint job_tags_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE
    constraint job_tags_pkey PRIMARY KEY (job_id, tag)
    constraint job_tags_tag_check CHECK (((length(tag) >= 1) AND (length(tag) <= 200)))
    CREATE UNIQUE INDEX job_tags_pkey ON public.job_tags USING btree (job_id, tag)
    CREATE INDEX job_tags_tag ON public.job_tags USING btree (tag, job_id)

table job_turns
    column turn_of bigint NOT NULL
    column served_fence bigint NOT NULL DEFAULT 0
    column maximum_running bigint
    constraint job_turns_maximum_running_check CHECK ((maximum_running >= 0))
    constraint job_turns_pkey PRIMARY KEY (turn_of)
    CREATE UNIQUE INDEX job_turns_pkey ON public.job_turns USING btree (turn_of)

table jobs
    column id text NOT NULL
    column kind text NOT NULL
    column queue text NOT NULL
    column organization_id bigint
    column turn_of bigint NOT NULL
    column concurrency_key text
    column unique_key text
    column payload json NOT NULL
    column tags json NOT NULL
    column priority bigint NOT NULL DEFAULT 0
    column status text NOT NULL
    column run_at bigint NOT NULL
    column attempt bigint NOT NULL DEFAULT 0
    column maximum_attempts bigint NOT NULL
    column timeout_seconds bigint NOT NULL
    column fence bigint
    column worker_id text
    column lease_expires_at bigint
    column write_token bigint
    column wake_requested smallint NOT NULL DEFAULT 0
    column cancel_requested_at bigint
    column cancel_force smallint NOT NULL DEFAULT 0
    column cancelled_by text
    column stage text NOT NULL
    column progress bigint NOT NULL DEFAULT 0
    column message text
    column result text
    column error_message text
    column error_code text
    column created_at bigint NOT NULL
    column started_at bigint
    column finished_at bigint
    column updated_at bigint NOT NULL
    constraint jobs_cancel_force_check CHECK ((cancel_force = ANY (ARRAY[0, 1])))
    constraint jobs_check CHECK ((turn_of = COALESCE(organization_id, (0)::bigint)))
    constraint jobs_check1 CHECK (((attempt >= 0) AND (attempt <= maximum_attempts)))
    constraint jobs_check2 CHECK (((status = 'processing'::text) = (lease_expires_at IS NOT NULL)))
    constraint jobs_check3 CHECK (((status <> 'processing'::text) OR ((fence IS NOT NULL) AND (worker_id IS NOT NULL) AND (started_at IS NOT NULL) AND (attempt >= 1))))
    constraint jobs_check4 CHECK (((status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text])) = (finished_at IS NOT NULL)))
    constraint jobs_id_check CHECK (((length(id) >= 1) AND (length(id) <= 200)))
    constraint jobs_kind_check CHECK (((length(kind) >= 1) AND (length(kind) <= 100)))
    constraint jobs_maximum_attempts_check CHECK ((maximum_attempts >= 1))
    constraint jobs_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id)
    constraint jobs_pkey PRIMARY KEY (id)
    constraint jobs_progress_check CHECK (((progress >= 0) AND (progress <= 100)))
    constraint jobs_queue_check CHECK (((length(queue) >= 1) AND (length(queue) <= 100)))
    constraint jobs_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'processing'::text, 'completed'::text, 'failed'::text, 'scheduled'::text, 'retrying'::text, 'cancelled'::text])))
    constraint jobs_timeout_seconds_check CHECK ((timeout_seconds >= 1))
    constraint jobs_wake_requested_check CHECK ((wake_requested = ANY (ARRAY[0, 1])))
    CREATE UNIQUE INDEX jobs_concurrency_key_key ON public.jobs USING btree (concurrency_key) WHERE ((status = 'processing'::text) AND (concurrency_key IS NOT NULL))
    CREATE INDEX jobs_created ON public.jobs USING btree (created_at, id)
    CREATE INDEX jobs_due ON public.jobs USING btree (run_at) WHERE (status = ANY (ARRAY['scheduled'::text, 'retrying'::text]))
    CREATE INDEX jobs_finished ON public.jobs USING btree (finished_at) WHERE (finished_at IS NOT NULL)
    CREATE INDEX jobs_of_key ON public.jobs USING btree (concurrency_key, created_at) WHERE (concurrency_key IS NOT NULL)
    CREATE INDEX jobs_of_organization ON public.jobs USING btree (organization_id, created_at, id) WHERE (organization_id IS NOT NULL)
    CREATE UNIQUE INDEX jobs_pkey ON public.jobs USING btree (id)
    CREATE INDEX jobs_ready ON public.jobs USING btree (queue, turn_of, priority DESC, run_at, id) WHERE (status = 'pending'::text)
    CREATE INDEX jobs_running ON public.jobs USING btree (worker_id) WHERE (status = 'processing'::text)
    CREATE UNIQUE INDEX jobs_unique_key_key ON public.jobs USING btree (unique_key) WHERE ((unique_key IS NOT NULL) AND (status = ANY (ARRAY['pending'::text, 'scheduled'::text, 'retrying'::text, 'processing'::text])))

table licenses
    column organization_id bigint NOT NULL
    column max_servers bigint
    column max_concurrent_runs bigint
    column features json NOT NULL
    column created_at bigint NOT NULL
    column updated_at bigint NOT NULL
    constraint licenses_max_concurrent_runs_check CHECK ((max_concurrent_runs >= 1))
    constraint licenses_max_servers_check CHECK ((max_servers >= 0))
    constraint licenses_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    constraint licenses_pkey PRIMARY KEY (organization_id)
    CREATE UNIQUE INDEX licenses_pkey ON public.licenses USING btree (organization_id)

table log_chunks
    column job_id text NOT NULL
    column ordinal bigint NOT NULL
    column attempt bigint NOT NULL
    column text text NOT NULL
    column created_at bigint NOT NULL
    constraint log_chunks_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE
    constraint log_chunks_pkey PRIMARY KEY (job_id, ordinal)
    CREATE UNIQUE INDEX log_chunks_pkey ON public.log_chunks USING btree (job_id, ordinal)

table memberships
    column organization_id bigint NOT NULL
    column user_id bigint NOT NULL
    column role text NOT NULL
    column created_at bigint NOT NULL
    column updated_at bigint NOT NULL
    constraint memberships_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    constraint memberships_pkey PRIMARY KEY (organization_id, user_id)
    constraint memberships_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'member'::text, 'admin'::text, 'owner'::text])))
    constraint memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
    CREATE UNIQUE INDEX memberships_pkey ON public.memberships USING btree (organization_id, user_id)
    CREATE INDEX memberships_user ON public.memberships USING btree (user_id)

table organization_usage
    column organization_id bigint NOT NULL
    column resources bigint NOT NULL DEFAULT 0
    column servers bigint NOT NULL DEFAULT 0
    column runs bigint NOT NULL DEFAULT 0
    column updated_at bigint NOT NULL
    constraint organization_usage_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    constraint organization_usage_pkey PRIMARY KEY (organization_id)
    constraint organization_usage_resources_check CHECK ((resources >= 0))
    constraint organization_usage_runs_check CHECK ((runs >= 0))
    constraint organization_usage_servers_check CHECK ((servers >= 0))
    CREATE UNIQUE INDEX organization_usage_pkey ON public.organization_usage USING btree (organization_id)

table organizations
    column id bigint NOT NULL IDENTITY
    column name text NOT NULL
    column created_at bigint NOT NULL
    column sealed_as text
    column network text
    column network_allow json
    column run_memory bigint
    column run_processes bigint
    column run_files bigint
    column run_disk bigint
    column run_log bigint
    column run_processors double precision
    constraint organizations_name_check CHECK ((name <> ''::text))
    constraint organizations_name_key UNIQUE (name)
    constraint organizations_network_check CHECK ((network = ANY (ARRAY['host'::text, 'filtered'::text, 'none'::text])))
    constraint organizations_pkey PRIMARY KEY (id)
    constraint organizations_run_disk_check CHECK ((run_disk > 0))
    constraint organizations_run_files_check CHECK ((run_files > 0))
    constraint organizations_run_log_check CHECK ((run_log > 0))
    constraint organizations_run_memory_check CHECK ((run_memory > 0))
    constraint organizations_run_processes_check CHECK ((run_processes > 0))
    constraint organizations_run_processors_check CHECK ((run_processors > (0)::double precision))
    CREATE UNIQUE INDEX organizations_name_key ON public.organizations USING btree (name)
    CREATE UNIQUE INDEX organizations_pkey ON public.organizations USING btree (id)
    CREATE UNIQUE INDEX organizations_sealed_as_key ON public.organizations USING btree (COALESCE(sealed_as, name))

table periodic_jobs
    column name text NOT NULL
    column every_seconds bigint NOT NULL
    column next_at bigint NOT NULL
    column last_job_id text
    constraint periodic_jobs_every_seconds_check CHECK ((every_seconds >= 1))
    constraint periodic_jobs_pkey PRIMARY KEY (name)
    CREATE UNIQUE INDEX periodic_jobs_pkey ON public.periodic_jobs USING btree (name)

table registration_settings
    column organization_id bigint NOT NULL
    column installs_docker smallint NOT NULL
    column minimum_docker text NOT NULL
    column minimum_disk_gb bigint NOT NULL
    column minimum_memory_mb bigint NOT NULL
    column maximum_clock_skew_seconds bigint NOT NULL
    column network_target text
    column check_interval_seconds bigint NOT NULL
    column updated_at bigint NOT NULL
    constraint registration_settings_check_interval_seconds_check CHECK ((check_interval_seconds >= 5))
    constraint registration_settings_installs_docker_check CHECK ((installs_docker = ANY (ARRAY[0, 1])))
    constraint registration_settings_maximum_clock_skew_seconds_check CHECK ((maximum_clock_skew_seconds >= 1))
    constraint registration_settings_minimum_disk_gb_check CHECK ((minimum_disk_gb >= 0))
    constraint registration_settings_minimum_memory_mb_check CHECK ((minimum_memory_mb >= 0))
    constraint registration_settings_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    constraint registration_settings_pkey PRIMARY KEY (organization_id)
    CREATE UNIQUE INDEX registration_settings_pkey ON public.registration_settings USING btree (organization_id)

table retired_keys
    column name text NOT NULL
    column key_field bytea NOT NULL
    column retired_by text NOT NULL
    column retired_at bigint NOT NULL
    constraint retired_keys_pkey PRIMARY KEY (name)
    CREATE UNIQUE INDEX retired_keys_pkey ON public.retired_keys USING btree (name)

table schema_migrations
    column number bigint NOT NULL
    column name text NOT NULL
    column applied_at bigint NOT NULL
    constraint schema_migrations_pkey PRIMARY KEY (number)
    CREATE UNIQUE INDEX schema_migrations_pkey ON public.schema_migrations USING btree (number)

table server_metrics
    column server_id bigint NOT NULL
    column taken_at bigint NOT NULL
    column cpu_busy bigint NOT NULL
    column cpu_total bigint NOT NULL
    column cpu_percent double precision
    column memory_used_bytes bigint NOT NULL
    column memory_bytes bigint NOT NULL
    column disk_used_bytes bigint NOT NULL
    column disk_bytes bigint NOT NULL
    column load_1 double precision NOT NULL
    column load_5 double precision NOT NULL
    column load_15 double precision NOT NULL
    constraint server_metrics_pkey PRIMARY KEY (server_id, taken_at)
    constraint server_metrics_server_id_fkey FOREIGN KEY (server_id) REFERENCES servers(id) ON DELETE CASCADE
    CREATE UNIQUE INDEX server_metrics_pkey ON public.server_metrics USING btree (server_id, taken_at)
    CREATE INDEX server_metrics_taken ON public.server_metrics USING btree (taken_at)

table server_settings
    column name text NOT NULL
    column sealed_value bytea NOT NULL
    column created_at bigint NOT NULL
    constraint server_settings_name_check CHECK ((name <> ''::text))
    constraint server_settings_pkey PRIMARY KEY (name)
    CREATE UNIQUE INDEX server_settings_pkey ON public.server_settings USING btree (name)

table servers
    column id bigint NOT NULL IDENTITY
    column organization_id bigint NOT NULL
    column terraform_deployment_id bigint NOT NULL
    column name text NOT NULL
    column description text NOT NULL DEFAULT ''::text
    column ip_address text NOT NULL
    column port bigint NOT NULL
    column user text NOT NULL
    column private_ip text
    column hostname text
    column instance_id text
    column provider text
    column region text
    column ssh_key_id bigint
    column host_key text
    column status text NOT NULL
    column error_message text
    column docker_version text
    column health_check_status json
    column operating_system text
    column architecture text
    column kernel text
    column cpus bigint
    column memory_bytes bigint
    column disk_bytes bigint
    column missed_checks bigint NOT NULL DEFAULT 0
    column last_checked_at bigint
    column next_check_at bigint
    column registered_at bigint
    column created_at bigint NOT NULL
    column updated_at bigint NOT NULL
    constraint servers_cpus_check CHECK ((cpus >= 0))
    constraint servers_disk_bytes_check CHECK ((disk_bytes >= 0))
    constraint servers_ip_address_check CHECK ((ip_address <> ''::text))
    constraint servers_memory_bytes_check CHECK ((memory_bytes >= 0))
    constraint servers_missed_checks_check CHECK ((missed_checks >= 0))
    constraint servers_name_check CHECK ((name <> ''::text))
    constraint servers_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    constraint servers_organization_id_name_key UNIQUE (organization_id, name)
    constraint servers_pkey PRIMARY KEY (id)
    constraint servers_port_check CHECK (((port >= 1) AND (port <= 65535)))
    constraint servers_ssh_key_id_fkey FOREIGN KEY (ssh_key_id) REFERENCES ssh_keys(id)
    constraint servers_status_check CHECK ((status = ANY (ARRAY['registering'::text, 'reachable'::text, 'unreachable'::text, 'ready'::text, 'error'::text])))
    constraint servers_terraform_deployment_id_fkey FOREIGN KEY (terraform_deployment_id) REFERENCES terraform_deployments(id) ON DELETE CASCADE
    constraint servers_user_check CHECK (("user" <> ''::text))
    CREATE UNIQUE INDEX servers_address_key ON public.servers USING btree (organization_id, ip_address, port)
    CREATE INDEX servers_deployment ON public.servers USING btree (terraform_deployment_id)
    CREATE INDEX servers_due ON public.servers USING btree (next_check_at) WHERE (next_check_at IS NOT NULL)
    CREATE UNIQUE INDEX servers_instance_key ON public.servers USING btree (organization_id, instance_id, COALESCE(provider, ''::text)) WHERE (instance_id IS NOT NULL)
    CREATE INDEX servers_key ON public.servers USING btree (ssh_key_id) WHERE (ssh_key_id IS NOT NULL)
    CREATE UNIQUE INDEX servers_organization_id_name_key ON public.servers USING btree (organization_id, name)
    CREATE UNIQUE INDEX servers_pkey ON public.servers USING btree (id)

table sessions
    column id text NOT NULL
    column user_id bigint NOT NULL
    column address text NOT NULL
    column created_at bigint NOT NULL
    column seen_at bigint NOT NULL
    column expires_at bigint NOT NULL
    constraint sessions_id_check CHECK ((length(id) = 64))
    constraint sessions_pkey PRIMARY KEY (id)
    constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
    CREATE INDEX sessions_expiry ON public.sessions USING btree (expires_at)
    CREATE UNIQUE INDEX sessions_pkey ON public.sessions USING btree (id)
    CREATE INDEX sessions_user ON public.sessions USING btree (user_id)

table ssh_keys
    column id bigint NOT NULL IDENTITY
    column organization_id bigint NOT NULL
    column name text NOT NULL
    column public_key text NOT NULL
    column fingerprint text NOT NULL
    column sealed_private_key bytea NOT NULL
    column created_by text NOT NULL
    column created_at bigint NOT NULL
    constraint ssh_keys_fingerprint_check CHECK ((fingerprint <> ''::text))
    constraint ssh_keys_name_check CHECK ((name <> ''::text))
    constraint ssh_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    constraint ssh_keys_organization_id_name_key UNIQUE (organization_id, name)
    constraint ssh_keys_pkey PRIMARY KEY (id)
    constraint ssh_keys_public_key_check CHECK ((public_key <> ''::text))
    CREATE UNIQUE INDEX ssh_keys_organization_id_name_key ON public.ssh_keys USING btree (organization_id, name)
    CREATE UNIQUE INDEX ssh_keys_pkey ON public.ssh_keys USING btree (id)
    CREATE INDEX ssh_keys_sealed_private_key_key ON public.ssh_keys USING btree (substr(sealed_private_key, 58, 67))
    CREATE TRIGGER ssh_keys_sealed_private_key_retired BEFORE INSERT OR UPDATE OF sealed_private_key ON public.ssh_keys FOR EACH ROW EXECUTE FUNCTION ssh_keys_sealed_private_key_retired()

BEGIN
    IF EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_private_key, 58, length(key_field))) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'retired_key', MESSAGE = 'the key is retired';
    END IF;
    RETURN NEW;
END

table state_checksums
    column terraform_deployment_id bigint NOT NULL
    column version bigint NOT NULL
    column checksum text NOT NULL
    constraint state_checksums_pkey PRIMARY KEY (terraform_deployment_id, version)
    constraint state_checksums_terraform_deployment_id_fkey FOREIGN KEY (terraform_deployment_id) REFERENCES terraform_deployments(id) ON DELETE CASCADE
    CREATE UNIQUE INDEX state_checksums_pkey ON public.state_checksums USING btree (terraform_deployment_id, version)

table state_locks
    column terraform_deployment_id bigint NOT NULL
    column lock_id text NOT NULL
    column holder text NOT NULL
    column reason text NOT NULL
    column info json
    column fence bigint NOT NULL
    column created_at bigint NOT NULL
    column expires_at bigint
    constraint state_locks_lock_id_check CHECK ((lock_id <> ''::text))
    constraint state_locks_pkey PRIMARY KEY (terraform_deployment_id)
    constraint state_locks_terraform_deployment_id_fkey FOREIGN KEY (terraform_deployment_id) REFERENCES terraform_deployments(id) ON DELETE CASCADE
    CREATE UNIQUE INDEX state_locks_pkey ON public.state_locks USING btree (terraform_deployment_id)

table state_retention
    column organization_id bigint NOT NULL
    column versions bigint NOT NULL
    column days bigint NOT NULL
    column updated_at bigint NOT NULL
    constraint state_retention_days_check CHECK ((days >= 0))
    constraint state_retention_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    constraint state_retention_pkey PRIMARY KEY (organization_id)
    constraint state_retention_versions_check CHECK ((versions >= 1))
    CREATE UNIQUE INDEX state_retention_pkey ON public.state_retention USING btree (organization_id)

table terraform_deployments
    column id bigint NOT NULL IDENTITY
    column organization_id bigint NOT NULL
    column project text NOT NULL
    column status text NOT NULL
    column progress_percentage bigint NOT NULL DEFAULT 0
    column current_stage text NOT NULL DEFAULT 'queued'::text
    column stage_message text
    column cloud_provider text
    column source_id bigint
    column sealed_variables bytea
    column provider_lock text
    column output_data text
    column sealed_outputs bytea
    column plan_summary text
    column error_message text
    column last_job_id text
    column retry_count bigint NOT NULL DEFAULT 0
    column resource_count bigint NOT NULL DEFAULT 0
    column server_count bigint NOT NULL DEFAULT 0
    column state_version bigint NOT NULL DEFAULT 0
    column state_serial bigint
    column state_lineage text
    column state_checksum text
    column state_size_bytes bigint
    column state_fence bigint NOT NULL DEFAULT 0
    column started_at bigint
    column completed_at bigint
    column created_at bigint NOT NULL
    column updated_at bigint NOT NULL
    column auto_register_server smallint NOT NULL DEFAULT 0
    column registration_status text
    column registration_error text
    column registration_job_id text
    column registration_completed_at bigint
    constraint terraform_deployments_auto_register_server_check CHECK ((auto_register_server = ANY (ARRAY[0, 1])))
    constraint terraform_deployments_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    constraint terraform_deployments_organization_id_project_key UNIQUE (organization_id, project)
    constraint terraform_deployments_pkey PRIMARY KEY (id)
    constraint terraform_deployments_progress_percentage_check CHECK (((progress_percentage >= 0) AND (progress_percentage <= 100)))
    constraint terraform_deployments_project_check CHECK ((project <> ''::text))
    constraint terraform_deployments_registration_status_check CHECK ((registration_status = ANY (ARRAY['pending'::text, 'registering'::text, 'completed'::text, 'failed'::text, 'cancelled'::text])))
    constraint terraform_deployments_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'initializing'::text, 'planning'::text, 'awaiting_approval'::text, 'applying'::text, 'verifying'::text, 'completed'::text, 'failed'::text, 'cancelled'::text, 'destroying'::text, 'destroyed'::text, 'rolling_back'::text, 'rolled_back'::text])))
    CREATE UNIQUE INDEX terraform_deployments_organization_id_project_key ON public.terraform_deployments USING btree (organization_id, project)
    CREATE UNIQUE INDEX terraform_deployments_pkey ON public.terraform_deployments USING btree (id)
    CREATE INDEX terraform_deployments_sealed_outputs_key ON public.terraform_deployments USING btree (substr(sealed_outputs, 58, 67))
    CREATE INDEX terraform_deployments_sealed_variables_key ON public.terraform_deployments USING btree (substr(sealed_variables, 58, 67))
    CREATE TRIGGER terraform_deployments_sealed_outputs_retired BEFORE INSERT OR UPDATE OF sealed_outputs ON public.terraform_deployments FOR EACH ROW EXECUTE FUNCTION terraform_deployments_sealed_outputs_retired()

BEGIN
    IF EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_outputs, 58, length(key_field))) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'retired_key', MESSAGE = 'the key is retired';
    END IF;
    RETURN NEW;
END
    CREATE TRIGGER terraform_deployments_sealed_variables_retired BEFORE INSERT OR UPDATE OF sealed_variables ON public.terraform_deployments FOR EACH ROW EXECUTE FUNCTION terraform_deployments_sealed_variables_retired()

BEGIN
    IF EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_variables, 58, length(key_field))) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'retired_key', MESSAGE = 'the key is retired';
    END IF;
    RETURN NEW;
END

table terraform_runs
    column job_id text NOT NULL
    column terraform_deployment_id bigint NOT NULL
    column source_id bigint NOT NULL
    column sealed_inputs bytea
    column sealed_plan bytea
    column plan_summary text
    column decision text
    column decided_by text
    column decided_at bigint
    column plan_expires_at bigint
    constraint terraform_runs_decision_check CHECK ((decision = ANY (ARRAY['approved'::text, 'refused'::text])))
    constraint terraform_runs_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE
    constraint terraform_runs_pkey PRIMARY KEY (job_id)
    constraint terraform_runs_source_id_fkey FOREIGN KEY (source_id) REFERENCES terraform_sources(id)
    constraint terraform_runs_terraform_deployment_id_fkey FOREIGN KEY (terraform_deployment_id) REFERENCES terraform_deployments(id) ON DELETE CASCADE
    CREATE INDEX terraform_runs_deployment ON public.terraform_runs USING btree (terraform_deployment_id)
    CREATE UNIQUE INDEX terraform_runs_pkey ON public.terraform_runs USING btree (job_id)
    CREATE INDEX terraform_runs_sealed_inputs_key ON public.terraform_runs USING btree (substr(sealed_inputs, 58, 67))
    CREATE INDEX terraform_runs_sealed_plan_key ON public.terraform_runs USING btree (substr(sealed_plan, 58, 67))
    CREATE INDEX terraform_runs_source ON public.terraform_runs USING btree (source_id)
    CREATE TRIGGER terraform_runs_sealed_inputs_retired BEFORE INSERT OR UPDATE OF sealed_inputs ON public.terraform_runs FOR EACH ROW EXECUTE FUNCTION terraform_runs_sealed_inputs_retired()

BEGIN
    IF EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_inputs, 58, length(key_field))) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'retired_key', MESSAGE = 'the key is retired';
    END IF;
    RETURN NEW;
END
    CREATE TRIGGER terraform_runs_sealed_plan_retired BEFORE INSERT OR UPDATE OF sealed_plan ON public.terraform_runs FOR EACH ROW EXECUTE FUNCTION terraform_runs_sealed_plan_retired()

BEGIN
    IF EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_plan, 58, length(key_field))) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'retired_key', MESSAGE = 'the key is retired';
    END IF;
    RETURN NEW;
END

table terraform_sources
    column id bigint NOT NULL IDENTITY
    column terraform_deployment_id bigint NOT NULL
    column sha256 text NOT NULL
    column sealed_files bytea NOT NULL
    column size_bytes bigint NOT NULL
    column file_count bigint NOT NULL
    column created_at bigint NOT NULL
    constraint terraform_sources_pkey PRIMARY KEY (id)
    constraint terraform_sources_terraform_deployment_id_fkey FOREIGN KEY (terraform_deployment_id) REFERENCES terraform_deployments(id) ON DELETE CASCADE
    constraint terraform_sources_terraform_deployment_id_sha256_key UNIQUE (terraform_deployment_id, sha256)
    CREATE UNIQUE INDEX terraform_sources_pkey ON public.terraform_sources USING btree (id)
    CREATE INDEX terraform_sources_sealed_files_key ON public.terraform_sources USING btree (substr(sealed_files, 58, 67))
    CREATE UNIQUE INDEX terraform_sources_terraform_deployment_id_sha256_key ON public.terraform_sources USING btree (terraform_deployment_id, sha256)
    CREATE TRIGGER terraform_sources_sealed_files_retired BEFORE INSERT OR UPDATE OF sealed_files ON public.terraform_sources FOR EACH ROW EXECUTE FUNCTION terraform_sources_sealed_files_retired()

BEGIN
    IF EXISTS (SELECT 1 FROM retired_keys WHERE key_field = substr(NEW.sealed_files, 58, length(key_field))) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'retired_key', MESSAGE = 'the key is retired';
    END IF;
    RETURN NEW;
END

table terraform_state_versions
    column id bigint NOT NULL IDENTITY
    column terraform_deployment_id bigint NOT NULL
    column organization_id bigint NOT NULL
    column version bigint NOT NULL
    column state_file bytea NOT NULL
    column checksum text NOT NULL
    column size_bytes bigint NOT NULL
    column sealed_size_bytes bigint NOT NULL
    column compressed smallint NOT NULL
    column key_name text NOT NULL
    column serial bigint NOT NULL
    column lineage text NOT NULL
    column terraform_version text NOT NULL
    column resource_count bigint NOT NULL
    column is_final smallint NOT NULL
    column fence bigint NOT NULL
    column job_id text
    column created_by text NOT NULL
    column change_summary text
    column backup_path text
    column created_at bigint NOT NULL
    column updated_at bigint NOT NULL
    column backup_status text NOT NULL DEFAULT 'pending'::text
    column backup_key_name text
    column backup_verified_at bigint
    column backup_error text
    column pinned smallint NOT NULL DEFAULT 0
    column pruned_at bigint
    constraint terraform_state_versions_backup_status_check CHECK ((backup_status = ANY (ARRAY['pending'::text, 'stored'::text, 'failed'::text])))
    constraint terraform_state_versions_checksum_check CHECK ((length(checksum) = 64))
    constraint terraform_state_versions_compressed_check CHECK ((compressed = ANY (ARRAY[0, 1])))
    constraint terraform_state_versions_is_final_check CHECK ((is_final = ANY (ARRAY[0, 1])))
    constraint terraform_state_versions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE
    constraint terraform_state_versions_pinned_check CHECK ((pinned = ANY (ARRAY[0, 1])))
    constraint terraform_state_versions_pkey PRIMARY KEY (id)
    constraint terraform_state_versions_resource_count_check CHECK ((resource_count >= 0))
    constraint terraform_state_versions_sealed_size_bytes_check CHECK ((sealed_size_bytes > 0))
    constraint terraform_state_versions_size_bytes_check CHECK ((size_bytes >= 0))
    constraint terraform_state_versions_terraform_deployment_id_fkey FOREIGN KEY (terraform_deployment_id) REFERENCES terraform_deployments(id) ON DELETE CASCADE
    constraint terraform_state_versions_terraform_deployment_id_version_key UNIQUE (terraform_deployment_id, version)
    constraint terraform_state_versions_version_check CHECK ((version >= 1))
    CREATE INDEX terraform_state_versions_backlog ON public.terraform_state_versions USING btree (terraform_deployment_id, version) WHERE (backup_status <> 'stored'::text)
    CREATE INDEX terraform_state_versions_created ON public.terraform_state_versions USING btree (created_at)
    CREATE INDEX terraform_state_versions_key ON public.terraform_state_versions USING btree (key_name)
    CREATE INDEX terraform_state_versions_organization ON public.terraform_state_versions USING btree (organization_id)
    CREATE UNIQUE INDEX terraform_state_versions_pkey ON public.terraform_state_versions USING btree (id)
    CREATE UNIQUE INDEX terraform_state_versions_terraform_deployment_id_version_key ON public.terraform_state_versions USING btree (terraform_deployment_id, version)
    CREATE TRIGGER terraform_state_versions_key_name_retired BEFORE INSERT OR UPDATE OF key_name ON public.terraform_state_versions FOR EACH ROW EXECUTE FUNCTION terraform_state_versions_key_name_retired()

BEGIN
    IF EXISTS (SELECT 1 FROM retired_keys WHERE name = NEW.key_name) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'retired_key', MESSAGE = 'the key is retired';
    END IF;
    RETURN NEW;
END

table users
    column id bigint NOT NULL IDENTITY
    column name text NOT NULL
    column password_hash text
    column is_administrator smallint NOT NULL DEFAULT 0
    column disabled_at bigint
    column created_at bigint NOT NULL
    column updated_at bigint NOT NULL
    constraint users_is_administrator_check CHECK ((is_administrator = ANY (ARRAY[0, 1])))
    constraint users_name_check CHECK (((name <> ''::text) AND (name = lower(name))))
    constraint users_name_key UNIQUE (name)
    constraint users_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX users_name_key ON public.users USING btree (name)
    CREATE UNIQUE INDEX users_pkey ON public.users USING btree (id)

table workers
    column id text NOT NULL
    column host text NOT NULL
    column pid bigint NOT NULL
    column incarnation text
    column version text NOT NULL
    column computing_slots bigint NOT NULL
    column waiting_slots bigint NOT NULL
    column started_at bigint NOT NULL
    column heartbeat_at bigint NOT NULL
    column stopped_at bigint
    constraint workers_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX workers_pkey ON public.workers USING btree (id)
