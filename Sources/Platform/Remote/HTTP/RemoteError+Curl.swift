internal import CCurl

extension RemoteError {
    /// Reads how libcurl ended a transfer.
    ///
    /// - SeeAlso: <https://curl.se/libcurl/c/libcurl-errors.html>
    init(_ code: CURLcode, message: String, server: String) {
        let words = message.isEmpty ? String(cString: curl_easy_strerror(code)) : message
        let reason: Reason =
            switch code {
            case CURLE_URL_MALFORMAT: .badURL("libcurl can't read it")
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .dns(server: server)
            case CURLE_COULDNT_CONNECT: .unreachable(server: server)
            case CURLE_OPERATION_TIMEDOUT: .timedOut(server: server)
            case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE: .connectionLost(server: server)
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
                .tls(server: server, why: words)
            case CURLE_TOO_MANY_REDIRECTS: .malformedAnswer(server: server, why: "too many redirects")
            case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_WRITE_ERROR:
                .malformedAnswer(server: server, why: String(cString: curl_easy_strerror(code)))
            case CURLE_OUT_OF_MEMORY: .failed("out of memory")
            default: .failed(String(cString: curl_easy_strerror(code)))
            }
        self.init(reason, cause: words)
    }
}
