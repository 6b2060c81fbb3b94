/// Where a streamed answer is written to.
package struct ResponseWriter: Sendable {
    let pipe: ResponsePipe

    /// Writes a piece, and waits until the client has taken enough of what was written.
    ///
    /// - Parameter bytes: Any number; large pieces are sent as they are, so some hundred kilobytes at once are a good size.
    /// - Throws: `CancellationError` when the client has gone or the server stops.
    package func write(_ bytes: [UInt8]) async throws(CancellationError) {
        guard await pipe.write(bytes) else { throw CancellationError() }
    }

    /// Writes text as UTF-8.
    ///
    /// - Parameter text: The piece.
    /// - Throws: `CancellationError` as for bytes.
    package func write(_ text: String) async throws(CancellationError) { try await write(Array(text.utf8)) }
}
