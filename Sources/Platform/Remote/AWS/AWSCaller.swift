internal import Sealing

/// Signs requests, sends them, tries again what may work later, and makes errors of refusals.
struct AWSCaller: Sendable {
    let client: HTTPClient
    let credentials: AWSCredentialSource
    let region: String
    let service: String
    let retries: RetryPolicy
    /// Reads the code and the message of a refusal's body.
    let fault: @Sendable (HTTPResponse) -> AWSFault

    /// Sends a request until it is answered with 2xx or a status that the caller accepts.
    ///
    /// - Parameters:
    ///   - request: Not signed yet.
    ///   - contentHash: The SHA-256 of the body in hexadecimal.
    ///   - accepting: Statuses beside 2xx that the caller understands.
    /// - Returns: The answer.
    /// - Throws: ``RemoteError``
    func send(_ request: HTTPRequest, contentHash: String, accepting: Set<Int> = []) async throws(RemoteError) -> HTTPResponse {
        try await retries.run { () throws(RemoteError) in
            let credentials = try credentials.current()
            var signed = request
            signed.headers[name: "x-amz-content-sha256"] = contentHash
            signed.headers[name: "x-amz-security-token"] = credentials.sessionToken
            signed.signing = AWSSigning(credentials: credentials, region: region, service: service)
            let response = try await client.send(signed)
            guard response.isSuccess || accepting.contains(response.status) else { throw refusal(response, of: request) }
            return response
        }
    }

    private func refusal(_ response: HTTPResponse, of request: HTTPRequest) -> RemoteError {
        let server = HTTPAddress.shown(request.url)
        let fault = fault(response)
        if response.status == 429 || AWSFault.throttlingCodes.contains(fault.code) {
            return RemoteError(.throttled(server: server, retryAfter: response.retryAfter))
        }
        // S3's own word for a body that came too slowly.
        if response.status >= 500 || fault.code == "RequestTimeout" {
            return RemoteError(.serverFault(server: server, status: response.status, code: fault.code))
        }
        if response.status == 401 || response.status == 403 || AWSFault.deniedCodes.contains(fault.code) {
            credentials.forget()
            let code = fault.code.isEmpty ? "\(response.status)" : fault.code
            return RemoteError(.denied(server: server, code: code, message: fault.message))
        }
        return RemoteError(.refused(server: server, status: response.status, code: fault.code, message: fault.message))
    }
}

/// What an AWS service says of a refusal.
struct AWSFault: Sendable, Equatable {
    let code: String
    let message: String

    init(code: String?, message: String?) {
        self.code = (code ?? "").harmless
        self.message = (message ?? "").harmless
    }

    /// - SeeAlso: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
    static let throttlingCodes: Set<String> = [
        "SlowDown", "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded",
        "RequestThrottled", "RequestThrottledException", "LimitExceededException", "BandwidthLimitExceeded",
    ]
    static let deniedCodes: Set<String> = [
        "AccessDenied", "AccessDeniedException", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException",
        "InvalidToken", "UnrecognizedClientException", "InvalidSignatureException", "InvalidClientTokenId", "MissingAuthenticationToken",
        "RequestTimeTooSkewed",
    ]
}
