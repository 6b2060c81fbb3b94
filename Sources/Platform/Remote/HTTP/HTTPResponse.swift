/// What a server answered, whatever the status.
package struct HTTPResponse: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    package let body: [UInt8]

    /// Whether the status is 2xx.
    package var isSuccess: Bool { (200..<300).contains(status) }

    /// How long the server asks to wait before the next try; only the form in seconds is read.
    ///
    /// - SeeAlso: RFC 9110, section 10.2.3
    package var retryAfter: Duration? { headers[name: "Retry-After"].flatMap { Int64($0) }.flatMap { $0 >= 0 ? .seconds($0) : nil } }
}
