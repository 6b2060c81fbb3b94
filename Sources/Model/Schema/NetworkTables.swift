internal import Storage

/// What runs of an organization reach.
enum NetworkTables {
    static let statements: [SQL] = [
        // NULL: as it is configured for all organizations.
        "ALTER TABLE organizations ADD COLUMN network TEXT CHECK (network IN ('host', 'filtered', 'none'))",
        // What a filtered network reaches though it is closed otherwise: a list of CIDRs. NULL: nothing.
        "ALTER TABLE organizations ADD COLUMN network_allow \(type: .json)",
    ]
}
