internal import CMicroHTTPD
internal import Glibc

/// One request and its answer, as libmicrohttpd's thread sees it.
///
/// While the handler works the connection sleeps: the library's thread never waits.
final class Exchange: @unchecked Sendable {
    /// What the library's next call means.
    private enum Stage {
        /// The header is there.
        case target
        /// The handler hasn't said whether it wants the body.
        case deciding
        /// The body comes in, and then the call for the answer.
        case body
        /// An answer has gone out behind the library's back; the rest of the body is thrown away.
        case lingering
        case answered
    }

    /// So much of an unwanted body is read, for the sake of a connection that can be used again.
    private static let discardLimit = 256 * 1024
    /// A body up to this comes in at once, without asking the handler.
    private static let smallBody = 64 * 1024

    // @unchecked: what is `var` is touched on the connection's thread of the library only.
    let core: ServerCore
    let connection: Connection
    let handoff: Handoff
    private let library: OpaquePointer
    private let targetText: String
    private let began = ContinuousClock.now

    private var stage = Stage.target
    private var method = "-"
    private var head: RequestHead?
    private var request: Request?
    private var sender: ResponseSender?
    private var status = 0
    private var discardedCount = 0

    init(_ core: ServerCore, _ connection: Connection, _ library: OpaquePointer, target: String) {
        self.core = core
        self.connection = connection
        self.library = library
        handoff = Handoff(library)
        targetText = target
    }

    /// Its body comes in chunks.
    var isChunked: Bool { head?.isChunked ?? false }

    // MARK: - The library's calls

    /// Does what can be done now.
    func proceed(
        method: UnsafePointer<CChar>,
        version: UnsafePointer<CChar>,
        data: UnsafePointer<CChar>?,
        count: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        switch stage {
        case .target: return begin(method, version)
        case .deciding: return decide()
        case .body:
            guard count.pointee > 0 else { return finish() }
            let bytes = UnsafeRawBufferPointer(start: data, count: count.pointee)
            count.pointee = 0
            return take(bytes)
        case .lingering:
            defer { count.pointee = 0 }
            return count.pointee > 0 ? .YES : .NO
        case .answered: return .NO
        }
    }

    /// The request is over, however.
    func completed(isWhole: Bool) {
        let (task, pipe) = handoff.complete()
        let now = ContinuousClock.now
        connection.requestEnded(now: now)
        let isComplete = isWhole && stage == .answered
        if !isComplete { task?.cancel() }
        pipe?.close()
        if let head, head.hasBody { request?.body.fail(.clientGone) }
        core.onAccess?(
            AccessRecord(
                method: method,
                path: String(targetText.prefix { $0 != "?" }),
                status: status,
                sentBytes: sender?.byteCount ?? 0,
                receivedBytes: request?.body.receivedCount ?? 0,
                duration: now - began,
                clientAddress: request?.client.address ?? connection.client.address,
                requestID: request?.id ?? "-",
                isComplete: isComplete
            )
        )
    }

    // MARK: - The header

    private func begin(_ method: UnsafePointer<CChar>, _ version: UnsafePointer<CChar>) -> MHD_Result {
        guard connection.headerCame(self, now: began), !core.isCutting else { return .NO }
        let outcome = RequestHead.read(
            library,
            method: method,
            targetLength: targetText.utf8.count,
            version: version,
            limits: core.limits
        )
        guard case .fine(let head) = outcome else {
            if case .refused(let status) = outcome { return refuse(status) }
            return .NO
        }
        self.method = String(cString: method)
        guard let target = RequestTarget(targetText), target.path != "*" || self.method == "OPTIONS" else { return refuse(400) }
        self.head = head
        let request = makeRequest(target, head)
        self.request = request
        guard head.hasBody else {
            stage = .body
            // An answer that is there costs no task, and the connection need not sleep.
            if let response = core.answerAtOnce?(request) { _ = handoff.deliver(response) } else { start(request) }
            return .YES
        }
        if let length = request.body.announcedLength, length > core.limits.bodyBytes {
            _ = handoff.deliver(.text("The body is larger than the limit of \(core.limits.bodyBytes) bytes.\n", status: 413))
        } else {
            request.body.setOnRoom { [weak handoff, connection] in
                connection.bodyMayCome()
                handoff?.wake()
            }
            start(request)
            if let length = request.body.announcedLength, length <= Self.smallBody, !head.expectsContinue { return receiveBody() }
        }
        stage = .deciding
        return decide()
    }

    /// A header that isn't taken: nothing after it can be trusted.
    private func refuse(_ status: Int) -> MHD_Result {
        let words = status == 431 ? "The header is too large." : status == 505 ? "HTTP/1.1 is spoken here." : "This is no request."
        return answer(.text(words + "\n", status: status), nil, mustClose: true)
    }

    private func makeRequest(_ target: RequestTarget, _ head: RequestHead) -> Request {
        let headers = head.headers
        var client = connection.client
        client.host = headers["Host"] ?? ""
        var id: String?
        if connection.isFromTrustedProxy {
            client = Forwarding.client(client, headers: headers, trusting: core.trustedProxies)
            id = headers["X-Request-Id"].flatMap { RequestIDs.isSane($0) ? $0 : nil }
        }
        let body: RequestBody =
            switch head.framing {
            case .none: .empty
            case .length(let length): RequestBody(announcedLength: length, limit: core.limits.bodyBytes)
            case .chunks: RequestBody(announcedLength: nil, limit: core.limits.bodyBytes)
            }
        return Request(
            method: method,
            target: target,
            headers: headers,
            body: body,
            client: client,
            id: id ?? core.requestIDs.next()
        )
    }

    private func start(_ request: Request) {
        core.handlerBegins()
        // Nobody awaits it: it is cancelled when the client goes away, and stopping the server waits until no handler is left.
        let task = Task { [core, handoff] in
            await Self.run(request, core, handoff)
            core.handlerEnds()
        }
        handoff.adopt(task)
    }

    private static func run(_ request: Request, _ core: ServerCore, _ handoff: Handoff) async {
        let response = await core.handler(request)
        var pipe: ResponsePipe?
        if case .stream = response.body, request.method != "HEAD" { pipe = ResponsePipe { [weak handoff] in handoff?.wake() } }
        let isTaken = handoff.deliver(response, pipe)
        if request.body !== RequestBody.empty { request.body.discardRest() }
        guard isTaken, let pipe, case .stream(_, let produce) = response.body else { return }
        do {
            try await produce(ResponseWriter(pipe: pipe))
            pipe.end()
        } catch {
            pipe.end(failed: true)
        }
    }

    // MARK: - The body

    /// Lets the body come when the handler wants it, or when the answer is there without.
    private func decide() -> MHD_Result {
        switch handoff.wait(until: { request?.body.isWanted ?? false }) {
        case .sleep: return .YES
        case .close, .answer: return .NO
        case .goOn: return receiveBody()
        case .answerWaits:
            // A client that waits for 100 Continue gets the answer instead; the library then closes the connection.
            guard head?.expectsContinue == true else { return receiveBody() }
            return finish()
        }
    }

    private func receiveBody() -> MHD_Result {
        stage = .body
        connection.bodyBegins()
        return .YES
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> MHD_Result {
        guard let body = request?.body else { return .NO }
        if case .answerWaits = handoff.wait(until: { true }) { return discard(bytes.count) }
        let isFine = body.push(bytes)
        connection.bodyCame(bytes.count, isPaused: body.isPaused)
        // One byte too many: the handler learns it, and nothing more is read until it has answered.
        let step = handoff.wait(until: { isFine && !body.isPaused })
        if case .close = step { return .NO }
        return .YES
    }

    /// Throws bytes away that nobody wants; of a long body, only until the answer is given over them.
    private func discard(_ count: Int) -> MHD_Result {
        connection.bodyCame(count, isPaused: false)
        discardedCount += count
        if discardedCount <= Self.discardLimit { return .YES }
        guard case .answer(let response, _) = handoff.takeAnswer() else { return .NO }
        // The library can't answer before the end of a body. TLS can't be spoken past it.
        status = response.status
        guard !connection.isEncrypted, RawAnswer.send(response, requestID: request?.id ?? "-", to: connection.descriptor) else {
            return .NO
        }
        stage = .lingering
        connection.lingers()
        return .YES
    }

    // MARK: - The answer

    private func finish() -> MHD_Result {
        if let head, head.hasBody, stage == .body {
            if connection.bodyEnded() { return .NO }
            request?.body.finish()
        }
        let (response, pipe): (Response, ResponsePipe?)
        switch handoff.takeAnswer() {
        case .answer(let taken, let itsPipe): (response, pipe) = (taken, itsPipe)
        case .sleep: return .YES
        case .answerWaits, .goOn, .close: return .NO
        }
        // What chunks are can be read in two ways too (a bare line feed ends a chunk's size here): nothing may follow them.
        let mustClose = core.isStopping || head?.isChunked == true
        return answer(response, pipe, mustClose: mustClose)
    }

    private func answer(_ response: Response, _ pipe: ResponsePipe?, mustClose: Bool) -> MHD_Result {
        let sender = ResponseSender(core: core, connection: connection, handoff: handoff, pipe: pipe)
        self.sender = sender
        stage = .answered
        connection.answerBegins()
        return sender.send(response, to: request, isHTTP11: head?.isHTTP11 ?? true, mustClose: mustClose, library) { status = $0 }
    }
}
