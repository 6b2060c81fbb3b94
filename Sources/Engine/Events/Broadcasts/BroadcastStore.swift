package import FoundationEssentials
package import Storage

/// Appends to channels, and reads them by position.
package struct BroadcastStore: Sendable {
    package init() {}

    /// Appends events, then rings ``EventStore/channel``.
    ///
    /// The channels stay locked until the transaction ends: append last, so that others wait shortly.
    ///
    /// - Parameters:
    ///   - broadcasts: In order; each channel gets its own in that order.
    ///   - now: The time for the rows.
    ///   - transaction: The caller's.
    /// - Throws: ``StorageError``.
    package func append(_ broadcasts: [NewBroadcast], at now: Date, in transaction: Transaction) throws {
        guard !broadcasts.isEmpty else { return }
        let byChannel = Dictionary(grouping: broadcasts, by: \.channel)
        // Always in the same order: two transactions with the same channels wait for each other and don't deadlock.
        for (channel, items) in byChannel.sorted(by: { $0.key < $1.key }) {
            let row = try transaction.first(
                """
                INSERT INTO broadcast_channels (channel, last_position) VALUES (\(channel), \(items.count))
                ON CONFLICT (channel) DO UPDATE SET last_position = broadcast_channels.last_position + excluded.last_position
                RETURNING last_position
                """
            )
            guard let last = try row?.value("last_position", as: Int64.self) else { continue }
            try insert(items, into: channel, after: last - Int64(items.count), at: now, in: transaction)
        }
        transaction.notify(EventStore.channel)
    }

    private func insert(
        _ items: [NewBroadcast],
        into channel: String,
        after position: Int64,
        at now: Date,
        in transaction: Transaction
    ) throws {
        var (rest, position) = (items[...], position)
        while !rest.isEmpty {
            // Several rows in one round trip; few enough that the databases remember the statements.
            var rows: SQL = ""
            for (index, item) in rest.prefix(32).enumerated() {
                position += 1
                let row: SQL = "(\(channel), \(position), \(item.name), \(item.data), \(now))"
                rows = index == 0 ? row : "\(sql: rows), \(sql: row)"
            }
            try transaction.execute("INSERT INTO broadcasts (channel, position, name, data, created_at) VALUES \(sql: rows)")
            rest = rest.dropFirst(32)
        }
    }

    /// A channel's events after a position, oldest first; what was pruned is passed over.
    ///
    /// - Throws: ``StorageError``.
    package func broadcasts(
        of channel: String,
        after position: Int64,
        limit: Int = 500,
        in transaction: Transaction
    ) throws -> [Broadcast] {
        try transaction.rows(
            """
            SELECT position, name, data, created_at FROM broadcasts
            WHERE channel = \(channel) AND position > \(position)
            ORDER BY position LIMIT \(limit)
            """
        ).map { try Broadcast($0, channel: channel) }
    }

    /// A channel's last position; 0 before its first event.
    package func lastPosition(of channel: String, in transaction: Transaction) throws -> Int64 {
        try transaction.first("SELECT last_position FROM broadcast_channels WHERE channel = \(channel)")?.value("last_position") ?? 0
    }

    /// The last positions of those channels that have events.
    package func lastPositions(of channels: some Collection<String>, in transaction: Transaction) throws -> [String: Int64] {
        var positions: [String: Int64] = [:]
        var rest = channels[...]
        while !rest.isEmpty {
            // Far below the databases' limits of bound values.
            let rows = try transaction.rows(
                "SELECT channel, last_position FROM broadcast_channels WHERE channel IN (\(list: rest.prefix(500)))"
            )
            for row in rows { positions[try row.value("channel")] = try row.value("last_position") }
            rest = rest.dropFirst(500)
        }
        return positions
    }

    /// Removes events that are older than a time, a batch at a time.
    ///
    /// - Parameters:
    ///   - time: Older ones go.
    ///   - limit: The most that one call removes.
    ///   - transaction: The caller's.
    /// - Returns: How many went.
    /// - Throws: ``StorageError``.
    @discardableResult
    package func prune(before time: Date, limit: Int = 1000, in transaction: Transaction) throws -> Int {
        try transaction.execute(
            """
            DELETE FROM broadcasts WHERE (channel, position) IN (
                SELECT channel, position FROM broadcasts WHERE created_at < \(time) ORDER BY created_at LIMIT \(limit)
            )
            """
        )
    }
}
