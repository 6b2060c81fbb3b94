internal import Storage

/// The queue: jobs, their attempts, the workers, and what decides whose turn it is.
///
/// `pending` means ready now; a job that waits for a time is `scheduled` or `retrying` until then. The partial indices hold only
/// unfinished jobs, so that leasing costs the same whether a thousand or a million are done.
enum JobTables {
    static let statements: [SQL] = [
        // result is TEXT, not JSON: the end of an attempt must never fail over what a handler left. write_token: see JobContext.write.
        """
        CREATE TABLE jobs (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
            kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
            queue TEXT NOT NULL CHECK (length(queue) BETWEEN 1 AND 100),
            organization_id BIGINT REFERENCES organizations (id),
            turn_of BIGINT NOT NULL CHECK (turn_of = COALESCE(organization_id, 0)),
            concurrency_key TEXT,
            unique_key TEXT,
            payload \(type: .json) NOT NULL,
            tags \(type: .json) NOT NULL,
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
        )
        """,
        // At most one job of a key runs, whatever the program does.
        """
        CREATE UNIQUE INDEX jobs_concurrency_key_key ON jobs (concurrency_key)
        WHERE status = 'processing' AND concurrency_key IS NOT NULL
        """,
        """
        CREATE UNIQUE INDEX jobs_unique_key_key ON jobs (unique_key)
        WHERE unique_key IS NOT NULL AND status IN ('pending', 'scheduled', 'retrying', 'processing')
        """,
        "CREATE INDEX jobs_ready ON jobs (queue, turn_of, priority DESC, run_at, id) WHERE status = 'pending'",
        "CREATE INDEX jobs_due ON jobs (run_at) WHERE status IN ('scheduled', 'retrying')",
        "CREATE INDEX jobs_running ON jobs (worker_id) WHERE status = 'processing'",
        "CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL",
        "CREATE INDEX jobs_created ON jobs (created_at, id)",
        "CREATE INDEX jobs_of_organization ON jobs (organization_id, created_at, id) WHERE organization_id IS NOT NULL",
        "CREATE INDEX jobs_of_key ON jobs (concurrency_key, created_at) WHERE concurrency_key IS NOT NULL",
        """
        CREATE TABLE job_tags (
            job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            tag TEXT NOT NULL CHECK (length(tag) BETWEEN 1 AND 200),
            PRIMARY KEY (job_id, tag)
        )
        """,
        "CREATE INDEX job_tags_tag ON job_tags (tag, job_id)",
        // One row per attempt that has ended; the one that runs is in its job's row.
        """
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
        )\(sqlite: " WITHOUT ROWID", postgres: "")
        """,
        """
        CREATE TABLE job_queues (
            queue TEXT NOT NULL PRIMARY KEY,
            paused_at BIGINT,
            paused_by TEXT
        )
        """,
        // Who was served when, in fences; and the limit of an organization that has one of its own.
        """
        CREATE TABLE job_turns (
            turn_of BIGINT NOT NULL PRIMARY KEY,
            served_fence BIGINT NOT NULL DEFAULT 0,
            maximum_running BIGINT CHECK (maximum_running >= 0)
        )
        """,
        // One row: fences grow by one with each lease. Its row lock makes leasing workers go one after the other on PostgreSQL, so that
        // fences grow in the order of commits and the limits are exact; a sequence would do neither.
        """
        CREATE TABLE job_fences (
            id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
            last_fence BIGINT NOT NULL CHECK (last_fence >= 0)
        )
        """,
        "INSERT INTO job_fences (id, last_fence) VALUES (1, 0)",
        """
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
        )
        """,
        """
        CREATE TABLE periodic_jobs (
            name TEXT NOT NULL PRIMARY KEY,
            every_seconds BIGINT NOT NULL CHECK (every_seconds >= 1),
            next_at BIGINT NOT NULL,
            last_job_id TEXT
        )
        """,
    ]
}
