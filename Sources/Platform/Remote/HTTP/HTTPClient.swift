internal import Synchronization

/// Sends HTTP requests by libcurl, with connections that are kept and used again.
///
/// Transfers run on a dispatch queue of the client's own, never on Swift's threads, and only while there are any. TLS certificates are
/// always verified; redirects are not followed unless a request allows it; proxies are taken from the environment (`https_proxy`,
/// `no_proxy`) as libcurl does.
package final class HTTPClient: Sendable {
    private let options: HTTPOptions
    /// Made with the first request: until then libcurl is not even loaded.
    private let loop = Mutex<TransferLoop?>(nil)

    /// Makes a client; nothing is connected yet.
    package init(_ options: HTTPOptions = HTTPOptions()) { self.options = options }

    /// Sends a request and waits for the whole answer.
    ///
    /// Cancelling the task ends the transfer. Nothing is tried again here: see ``RetryPolicy``.
    ///
    /// - Returns: The answer, whatever its status.
    /// - Throws: ``RemoteError`` when there was none, or ``RemoteError/Reason/tooLarge(limit:)``.
    package func send(_ request: HTTPRequest) async throws(RemoteError) -> HTTPResponse {
        let address = try HTTPAddress(request.url)
        guard request.headers.isSendable else { throw RemoteError(.badRequest("a header holds a line break or another control character")) }
        let isCancelled = CancellationFlag()
        let loop = startedLoop()
        let result: Result<HTTPResponse, RemoteError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.submit(.init(request: request, address: address, isCancelled: isCancelled, continuation: continuation))
            }
        } onCancel: {
            isCancelled.raise()
            loop.noticeCancellation()
        }
        return try result.get()
    }

    /// The loop; an ``HTTPAddress`` was read before, so that libcurl is there.
    private func startedLoop() -> TransferLoop {
        loop.withLock { loop in
            let started = loop ?? TransferLoop(options)
            loop = started
            return started
        }
    }
}

/// Whether the task that waits for a transfer was cancelled.
final class CancellationFlag: Sendable {
    private let flag = Atomic(false)
    var isRaised: Bool { flag.load(ordering: .acquiring) }
    func raise() { flag.store(true, ordering: .releasing) }
}
