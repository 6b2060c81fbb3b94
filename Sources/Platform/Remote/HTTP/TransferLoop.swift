internal import CCurl
internal import Dispatch
internal import Host
internal import Synchronization

/// Drives the transfers of one client by libcurl's multi interface, on one queue.
///
/// The queue's thread is taken while transfers run and given back when the last one has ended; connections stay in the multi handle.
///
/// - SeeAlso: <https://curl.se/libcurl/c/libcurl-multi.html>
final class TransferLoop: @unchecked Sendable {
    /// What somebody waits for.
    struct Order: Sendable {
        let request: HTTPRequest
        let address: HTTPAddress
        let isCancelled: CancellationFlag
        let continuation: CheckedContinuation<Result<HTTPResponse, RemoteError>, Never>
    }

    private struct State {
        var waiting: [Order] = []
        var isDriving = false
    }

    // @unchecked: `active` is touched on `queue` only, and so is `multi`, but for curl_multi_wakeup, which any thread may call; both
    // live until deinit, when nobody drives any more, because driving holds `self`.
    private let multi: UnsafeMutableRawPointer
    private var active: [UnsafeMutableRawPointer: Transfer] = [:]
    private let queue = DispatchQueue(label: "http")
    private let options: HTTPOptions
    private let state = Mutex(State())

    /// Once per process, before anything else of libcurl's.
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// libcurl must be loaded.
    init(_ options: HTTPOptions) {
        // Both fail only when no memory is left or OpenSSL can't start.
        guard Self.isReady, let multi = curl_multi_init() else { fatalError("libcurl can't start") }
        self.options = options
        self.multi = multi
        _ = slipway_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, options.connections)
    }

    deinit { curl_multi_cleanup(multi) }

    /// Puts an order in the line, or answers it at once when the line is full.
    func submit(_ order: Order) {
        let (isRefused, mustStart) = state.withLock { state -> (Bool, Bool) in
            guard state.waiting.count < options.waiting else { return (true, false) }
            state.waiting.append(order)
            defer { state.isDriving = true }
            return (false, !state.isDriving)
        }
        if isRefused { return order.continuation.resume(returning: .failure(RemoteError(.busy))) }
        if mustStart { queue.async { self.drive() } } else { curl_multi_wakeup(multi) }
    }

    /// Looks at the orders' flags soon.
    func noticeCancellation() { curl_multi_wakeup(multi) }

    // MARK: - On the queue

    private func drive() {
        BrokenPipe.blockOnThisThread()
        while takeOrders() {
            dropCancelled()
            var runningCount: Int32 = 0
            curl_multi_perform(multi, &runningCount)
            // What ended made room for what waits.
            if finishEnded() { continue }
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
    }

    /// Begins as many waiting transfers as connections are allowed; false when there is nothing left to do.
    private func takeOrders() -> Bool {
        let orders = state.withLock { state -> [Order] in
            // A cancelled order in the line goes through at once: it takes no connection.
            let free = max(0, options.connections - active.count)
            var taken = Array(state.waiting.prefix(free))
            let rest = state.waiting.dropFirst(free)
            taken += rest.filter(\.isCancelled.isRaised)
            state.waiting = rest.filter { !$0.isCancelled.isRaised }
            if taken.isEmpty && active.isEmpty { state.isDriving = false }
            return taken
        }
        for order in orders { begin(order) }
        return !orders.isEmpty || !active.isEmpty
    }

    private func begin(_ order: Order) {
        guard !order.isCancelled.isRaised else { return order.continuation.resume(returning: .failure(RemoteError(.cancelled))) }
        do throws(RemoteError) {
            let transfer = try Transfer(order, options: options)
            guard curl_multi_add_handle(multi, transfer.handle) == CURLM_OK else { throw RemoteError(.failed("out of memory")) }
            active[transfer.handle] = transfer
        } catch {
            order.continuation.resume(returning: .failure(error))
        }
    }

    private func dropCancelled() {
        for transfer in active.values where transfer.order.isCancelled.isRaised { end(transfer, .failure(RemoteError(.cancelled))) }
    }

    private func finishEnded() -> Bool {
        var endedAny = false
        var leftCount: Int32 = 0
        while let message = curl_multi_info_read(multi, &leftCount) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle, let transfer = active[handle] else {
                continue
            }
            // Read before the handle is removed, which frees the message.
            let code = slipway_curl_message_result(message)
            endedAny = true
            if transfer.mustBeRepeated(code) {
                curl_multi_remove_handle(multi, handle)
                if curl_multi_add_handle(multi, handle) == CURLM_OK { continue }
            }
            end(transfer, transfer.result(code))
        }
        return endedAny
    }

    private func end(_ transfer: Transfer, _ result: Result<HTTPResponse, RemoteError>) {
        curl_multi_remove_handle(multi, transfer.handle)
        active[transfer.handle] = nil
        transfer.order.continuation.resume(returning: result)
    }
}
