/// A condition that didn't come true in time.
package struct TooLate: Error, CustomStringConvertible {
    package let description: String
    package init(description: String) { self.description = description }
}

/// Runs `body`, and cancels it and throws ``TooLate`` when it takes longer than `limit`.
package func within<T: Sendable>(
    _ limit: Duration = .seconds(20),
    _ what: String = "the awaited",
    _ body: @escaping @Sendable () async throws -> T
) async throws -> T {
    try await withThrowingTaskGroup(of: T.self) { group in
        group.addTask(operation: body)
        group.addTask {
            try await Task.sleep(for: limit)
            throw TooLate(description: "\(what) didn't come within \(limit)")
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
