package import Storage

/// The limits that an organization has of its own for each of its runs; all others are as they are configured for all organizations.
package struct OwnLimits: Sendable, Hashable {
    private var amounts: [RunLimit: Double] = [:]

    package init() {}

    /// The amount of a limit, always a possible one; nil: as it is configured for all organizations.
    package subscript(limit: RunLimit) -> Double? {
        get { amounts[limit] }
        set { amounts[limit] = newValue.map(limit.clamped) }
    }

    /// As ``subscript(_:)``, for a limit without fractions.
    package func whole(_ limit: RunLimit) -> Int? { amounts[limit].map { Int(clamping: $0) } }

    /// Whether it has none.
    package var isEmpty: Bool { amounts.isEmpty }
}

// MARK: - As an organization's row has them

extension OwnLimits {
    package static let columns: SQL = "run_memory, run_processes, run_files, run_disk, run_log, run_processors"

    /// - Throws: ``StorageError`` when the row lacks a column.
    package init(_ row: Row) throws(StorageError) {
        for limit in RunLimit.allCases { self[limit] = try row.value("run_\(limit.rawValue)", as: Double?.self) }
    }
}
