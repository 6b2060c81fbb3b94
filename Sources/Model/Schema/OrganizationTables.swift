internal import Storage

/// Tenants, what they use, and their cloud accounts.
enum OrganizationTables {
    static let statements: [SQL] = [
        """
        CREATE TABLE organizations (
            id \(type: .identity),
            name TEXT NOT NULL UNIQUE CHECK (name <> ''),
            created_at BIGINT NOT NULL
        )
        """,
        // Kept in the transaction that changes what they count.
        """
        CREATE TABLE organization_usage (
            organization_id BIGINT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
            resources BIGINT NOT NULL DEFAULT 0 CHECK (resources >= 0),
            servers BIGINT NOT NULL DEFAULT 0 CHECK (servers >= 0),
            runs BIGINT NOT NULL DEFAULT 0 CHECK (runs >= 0),
            updated_at BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE cloud_provider_credentials (
            id \(type: .identity),
            organization_id BIGINT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
            name TEXT NOT NULL CHECK (name <> ''),
            provider TEXT NOT NULL,
            variable_names \(type: .json) NOT NULL,
            sealed_values \(type: .blob) NOT NULL,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            UNIQUE (organization_id, name)
        )
        """,
    ]
}
