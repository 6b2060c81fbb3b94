internal import CCurl

/// One request on its way: owns libcurl's easy handle and collects the answer.
///
/// Made, used and freed on the queue of its ``TransferLoop`` alone.
final class Transfer {
    /// The most bytes of header lines that are taken.
    private static let headerLimit = 256 * 1024

    let handle: UnsafeMutableRawPointer
    let order: TransferLoop.Order

    private var headerLines: UnsafeMutablePointer<curl_slist>?
    private let message: UnsafeMutablePointer<CChar>
    private var sentCount = 0
    private var headers = HTTPHeaders()
    private var headerByteCount = 0
    private var body: [UInt8] = []
    private var isTooLarge = false
    private var isRepetition = false

    /// Prepares the handle; nothing is sent.
    init(_ order: TransferLoop.Order, options: HTTPOptions) throws(RemoteError) {
        guard let handle = curl_easy_init() else { throw RemoteError(.failed("out of memory")) }
        self.handle = handle
        self.order = order
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        slipway_curl_set_error_buffer(handle, message)
        try configure(order.request, options)
        // The loop holds this object for as long as it drives the handle; the callbacks run only then.
        slipway_curl_set_callbacks(
            handle,
            Unmanaged.passUnretained(self).toOpaque(),
            { bytes, size, count, context in Transfer.from(context)?.takeHeader(bytes, size * count) ?? 0 },
            { bytes, size, count, context in Transfer.from(context)?.takeBody(bytes, size * count) ?? 0 },
            { bytes, size, count, context in Transfer.from(context)?.giveBody(bytes, size * count) ?? Int(CURL_READFUNC_ABORT) },
            { context, offset, _ in Transfer.from(context)?.rewind(to: Int(offset)) ?? CURL_SEEKFUNC_FAIL }
        )
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(headerLines)
        message.deallocate()
    }

    /// The outcome, once libcurl has said that the transfer is done.
    func result(_ code: CURLcode) -> Result<HTTPResponse, RemoteError> {
        if isTooLarge { return .failure(RemoteError(.tooLarge(limit: order.request.responseLimit))) }
        guard code == CURLE_OK else {
            return .failure(RemoteError(code, message: String(cString: message), server: order.address.server))
        }
        return .success(HTTPResponse(status: slipway_curl_status(handle), headers: headers, body: body))
    }

    /// Whether a kept connection turned out to be closed while the body was on its way: nothing was answered, so it may be sent once more.
    ///
    /// libcurl notices by itself when that happens before the body, and when it reads; not between.
    func mustBeRepeated(_ code: CURLcode) -> Bool {
        guard code == CURLE_SEND_ERROR, !isRepetition, headerByteCount == 0, slipway_curl_new_connections(handle) == 0 else { return false }
        isRepetition = true
        sentCount = 0
        return slipway_curl_set_long(handle, CURLOPT_FRESH_CONNECT, 1) == CURLE_OK
    }

    // MARK: - Preparing

    private func configure(_ request: HTTPRequest, _ options: HTTPOptions) throws(RemoteError) {
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_USERAGENT, options.userAgent)
        // Object stores and hooks gain nothing from HTTP/2, and one connection a request keeps limits and failures simple.
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        slipway_curl_keep_sockets_from_children(handle)
        // How long a body over 1 MiB waits for `100 Continue`, which many servers never say. The header itself can't be taken away by the
        // empty line `Expect:`, because that one would go into AWS's signature.
        try set(CURLOPT_EXPECT_100_TIMEOUT_MS, 200)
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout.wholeMilliseconds)
        try set(CURLOPT_TIMEOUT_MS, request.timeout.wholeMilliseconds)
        try set(CURLOPT_LOW_SPEED_LIMIT, 1)
        try set(CURLOPT_LOW_SPEED_TIME, max(1, Int(options.stallTimeout.components.seconds)))
        try set(CURLOPT_FOLLOWLOCATION, request.maximumRedirects > 0 ? 1 : 0)
        try set(CURLOPT_MAXREDIRS, request.maximumRedirects)
        // Only ever towards more safety.
        try set(CURLOPT_REDIR_PROTOCOLS_STR, "https")
        if let file = options.certificateFile { try set(CURLOPT_CAINFO, file) }
        if let socket = options.unixSocket {
            try set(CURLOPT_UNIX_SOCKET_PATH, socket)
            try set(CURLOPT_PROXY, "")
        }
        switch request.method {
        case .get: break
        case .head: try set(CURLOPT_NOBODY, 1)
        case .delete: try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case .put, .post, .patch:
            // A PUT is a POST by another name here: libcurl's own kind would ask with `Expect` before each body, however small.
            try set(CURLOPT_POST, 1)
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            try check(slipway_curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
        }
        try sign(request)
        var headers = request.headers
        // Else libcurl would call every body a form.
        if headers[name: "Content-Type"] == nil, [.put, .post, .patch].contains(request.method) {
            headers[name: "Content-Type"] = "application/octet-stream"
        }
        try set(headers)
    }

    private func sign(_ request: HTTPRequest) throws(RemoteError) {
        guard let signing = request.signing else { return }
        try set(CURLOPT_AWS_SIGV4, signing.option)
        try set(CURLOPT_USERNAME, signing.credentials.accessKeyID)
        try set(CURLOPT_PASSWORD, signing.credentials.secretAccessKey)
    }

    private func set(_ headers: HTTPHeaders) throws(RemoteError) {
        // A line that ends with its colon would take the header away: a semicolon stands for an empty value.
        for line in headers.lines.map({ $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }) {
            guard let longer = curl_slist_append(headerLines, line) else { throw RemoteError(.failed("out of memory")) }
            headerLines = longer
        }
        try check(slipway_curl_set_list(handle, CURLOPT_HTTPHEADER, headerLines))
    }

    private func set(_ option: CURLoption, _ value: Int) throws(RemoteError) { try check(slipway_curl_set_long(handle, option, value)) }

    private func set(_ option: CURLoption, _ value: String) throws(RemoteError) {
        try check(slipway_curl_set_string(handle, option, value))
    }

    private func check(_ code: CURLcode) throws(RemoteError) {
        // The value may be a secret, so only libcurl's own word for the failure.
        guard code == CURLE_OK else { throw RemoteError(.failed(String(cString: curl_easy_strerror(code)))) }
    }

    // MARK: - Callbacks

    private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func takeHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let line = UnsafeRawBufferPointer(start: bytes, count: count)
        headerByteCount += count
        guard headerByteCount <= Self.headerLimit else { return 0 }
        // Every response of a chain of redirects, and each 1xx, begins anew.
        if line.starts(with: "HTTP/".utf8) {
            headers = HTTPHeaders()
            body = []
        } else {
            headers.append(rawLine: line)
        }
        return count
    }

    private func takeBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let limit = order.request.responseLimit
        let announced = headers[name: "Content-Length"].flatMap { Int($0) } ?? 0
        guard body.count + count <= limit, announced <= limit else {
            isTooLarge = true
            // Anything but `count` ends the transfer.
            return 0
        }
        if body.isEmpty, announced > 0 { body.reserveCapacity(announced) }
        body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        return count
    }

    private func giveBody(_ target: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int {
        let count = min(capacity, order.request.body.count - sentCount)
        guard count > 0, let target else { return 0 }
        order.request.body.withUnsafeBytes { source in
            UnsafeMutableRawBufferPointer(start: target, count: count)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[sentCount..<sentCount + count]))
        }
        sentCount += count
        return count
    }

    /// A request on a connection that the server had closed meanwhile is sent again from the start.
    private func rewind(to offset: Int) -> Int32 {
        guard (0...order.request.body.count).contains(offset) else { return CURL_SEEKFUNC_FAIL }
        sentCount = offset
        return CURL_SEEKFUNC_OK
    }
}

extension Duration {
    /// For libcurl, where 0 would mean no limit.
    fileprivate var wholeMilliseconds: Int {
        max(1, Int(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000))
    }
}
