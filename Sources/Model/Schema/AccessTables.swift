internal import Storage

/// Who may do what: users, their places in organizations, tokens, sessions, licences; and what each answered request was.
enum AccessTables {
    static let statements: [SQL] = organizations + people + tokens + requests + audit

    private static let organizations: [SQL] = [
        // The name that sealed values are bound to (SealContext): the first one, which a renamed organization keeps. NULL: its name. A
        // new organization can't have another's, or the messages of the two could be exchanged.
        "ALTER TABLE organizations ADD COLUMN sealed_as TEXT",
        "CREATE UNIQUE INDEX organizations_sealed_as_key ON organizations (COALESCE(sealed_as, name))",
        // No row: no licence, hence no features; NULL: no limit.
        """
        CREATE TABLE licenses (
            organization_id BIGINT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
            max_servers BIGINT CHECK (max_servers >= 0),
            max_concurrent_runs BIGINT CHECK (max_concurrent_runs >= 1),
            features \(type: .json) NOT NULL,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        )
        """,
    ]

    private static let people: [SQL] = [
        // password_hash: scrypt, with its parameters; NULL: can't log in, tokens only.
        """
        CREATE TABLE users (
            id \(type: .identity),
            name TEXT NOT NULL UNIQUE CHECK (name <> '' AND name = lower(name)),
            password_hash TEXT,
            is_administrator SMALLINT NOT NULL DEFAULT 0 CHECK (is_administrator IN (0, 1)),
            disabled_at BIGINT,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE memberships (
            organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
            user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin', 'owner')),
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            PRIMARY KEY (organization_id, user_id)
        )
        """,
        "CREATE INDEX memberships_user ON memberships (user_id)",
        // id: SHA-256 of what the browser has.
        """
        CREATE TABLE sessions (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 64),
            user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
            address TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            seen_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL
        )
        """,
        "CREATE INDEX sessions_user ON sessions (user_id)",
        "CREATE INDEX sessions_expiry ON sessions (expires_at)",
    ]

    private static let tokens: [SQL] = [
        // hash: SHA-256 of the token. With a user: what the user may, within role, organization and permissions. Without: a machine's,
        // with its own role in one organization, or the administrator's. A revoked one stays for the record, until it is pruned.
        """
        CREATE TABLE api_tokens (
            id \(type: .identity),
            name TEXT NOT NULL CHECK (name <> ''),
            hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
            hint TEXT NOT NULL,
            user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
            organization_id BIGINT REFERENCES organizations (id) ON DELETE CASCADE,
            role TEXT CHECK (role IN ('viewer', 'member', 'admin', 'owner')),
            permissions \(type: .json),
            is_administrator SMALLINT NOT NULL DEFAULT 0 CHECK (is_administrator IN (0, 1)),
            is_first SMALLINT NOT NULL DEFAULT 0 CHECK (is_first IN (0, 1)),
            created_by TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            expires_at BIGINT,
            last_used_at BIGINT,
            revoked_at BIGINT,
            CHECK (is_administrator = 0 OR (user_id IS NULL AND organization_id IS NULL)),
            CHECK (user_id IS NOT NULL OR is_administrator = 1 OR (organization_id IS NOT NULL AND role IS NOT NULL))
        )
        """,
        // The first start's: of two processes that start at once only one makes it.
        "CREATE UNIQUE INDEX api_tokens_is_first_key ON api_tokens (is_first) WHERE is_first = 1",
        "CREATE INDEX api_tokens_user ON api_tokens (user_id) WHERE user_id IS NOT NULL",
        "CREATE INDEX api_tokens_organization ON api_tokens (organization_id) WHERE organization_id IS NOT NULL",
    ]

    private static let requests: [SQL] = [
        // Written in the transaction that does what was asked for: either both are there or neither. scope: whose key it is.
        """
        CREATE TABLE idempotency_keys (
            scope TEXT NOT NULL,
            key TEXT NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
            fingerprint TEXT NOT NULL,
            status BIGINT NOT NULL,
            response TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (scope, key)
        )
        """,
        "CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at)",
    ]

    private static let audit: [SQL] = [
        "ALTER TABLE audit_log ADD COLUMN result TEXT NOT NULL DEFAULT 'ok' CHECK (result IN ('ok', 'denied', 'failed'))",
        // Where the request came from: an address; empty for this machine's own commands and workers.
        "ALTER TABLE audit_log ADD COLUMN source TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX audit_log_actor ON audit_log (actor, id)",
    ]
}
