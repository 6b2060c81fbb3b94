internal import CPostgres

/// Several commands sent together and answered together: one round trip.
///
/// After a failed command the server skips the rest. A broken connection shows as a missing answer.
///
/// - SeeAlso: <https://www.postgresql.org/docs/15/libpq-pipeline-mode.html>
struct PostgresPipeline {
    /// The answers, in the order of the commands; each is nil when the connection broke before it.
    struct Results: ~Copyable {
        private var pointers: [OpaquePointer?]
        private var taken = 0

        fileprivate init(_ pointers: [OpaquePointer?]) { self.pointers = pointers }

        deinit { for case .some(let pointer) in pointers[taken...] { PQclear(pointer) } }

        /// The next answer, which the caller owns.
        mutating func next() -> OpaquePointer? {
            guard taken < pointers.count else { return nil }
            taken += 1
            return pointers[taken - 1]
        }
    }

    private let handle: PostgresHandle
    private var commandCount = 0

    init(on handle: PostgresHandle) {
        self.handle = handle
        PQenterPipelineMode(handle.pointer)
    }

    /// Adds a command with at most one text to bind.
    mutating func send(_ text: String, _ value: String? = nil) {
        commandCount += 1
        guard let value else {
            PQsendQueryParams(handle.pointer, text, 0, nil, nil, nil, nil, 0)
            return
        }
        _ = value.withCString { PQsendQueryParams(handle.pointer, text, 1, nil, [$0], nil, nil, 0) }
    }

    /// Adds a prepared statement.
    mutating func send(prepared name: String, _ parameters: PostgresParameters, _ pointers: [UnsafePointer<CChar>?], format: Int32) {
        commandCount += 1
        PQsendQueryPrepared(handle.pointer, name, parameters.count, pointers, parameters.lengths, parameters.formats, format)
    }

    /// Sends what was added, and waits for all answers.
    func results() -> Results {
        PQpipelineSync(handle.pointer)
        var pointers: [OpaquePointer?] = []
        for _ in 0..<commandCount {
            pointers.append(PQgetResult(handle.pointer))
            // A nil ends each command's answers.
            while let surplus = PQgetResult(handle.pointer) { PQclear(surplus) }
        }
        // The answer to the sync itself; then the mode can be left.
        if let sync = PQgetResult(handle.pointer) { PQclear(sync) }
        PQexitPipelineMode(handle.pointer)
        return Results(pointers)
    }
}
