internal import Storage

/// What a run of an organization may take of the machine.
enum LimitTables {
    /// NULL: as it is configured for all organizations.
    static let statements: [SQL] = [
        // In bytes, as disk and log.
        "ALTER TABLE organizations ADD COLUMN run_memory BIGINT CHECK (run_memory > 0)",
        "ALTER TABLE organizations ADD COLUMN run_processes BIGINT CHECK (run_processes > 0)",
        "ALTER TABLE organizations ADD COLUMN run_files BIGINT CHECK (run_files > 0)",
        "ALTER TABLE organizations ADD COLUMN run_disk BIGINT CHECK (run_disk > 0)",
        "ALTER TABLE organizations ADD COLUMN run_log BIGINT CHECK (run_log > 0)",
        "ALTER TABLE organizations ADD COLUMN run_processors DOUBLE PRECISION CHECK (run_processors > 0)",
    ]
}
