internal import CLinux
internal import Glibc

/// A short answer that is written past libmicrohttpd, which answers only at a request's end; the connection ends with it.
enum RawAnswer {
    /// Writes the answer and closes our side of the connection.
    ///
    /// - Parameters:
    ///   - response: With a body of bytes.
    ///   - requestID: For its line.
    ///   - descriptor: A plain connection on which nothing else is being written.
    /// - Returns: Whether all of it went out.
    static func send(_ response: Response, requestID: String, to descriptor: Int32) -> Bool {
        guard case .bytes(let body) = response.body, body.count <= 64 * 1024 else { return false }
        var text = "HTTP/1.1 \(response.status) \(Self.phrase(response.status))\r\nConnection: close\r\nContent-Length: \(body.count)\r\n"
        for field in response.headers where !ResponseHeader.isReserved(field.name) && ResponseHeader.isSane(field) {
            text += "\(field.name): \(field.value)\r\n"
        }
        text += "X-Request-Id: \(requestID)\r\n\r\n"
        let bytes = Array(text.utf8) + body
        let isWhole = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) == bytes.count
        shutdown(descriptor, Int32(SHUT_WR))
        return isWhole
    }

    /// To a client whose request the library refuses; ends our side of the connection.
    static func refuse(with status: Int, _ descriptor: Int32) {
        let text = status == 413 ? "The body is too large.\n" : "This is no request.\n"
        _ = send(.text(text, status: status), requestID: "-", to: descriptor)
    }

    /// To a client that let its time run out.
    static func sendTimeout(to descriptor: Int32) {
        let text = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        _ = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }

    private static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 413: "Content Too Large"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        default: "Answer"
        }
    }
}
