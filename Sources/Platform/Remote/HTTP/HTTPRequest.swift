/// A request that ``HTTPClient`` sends.
package struct HTTPRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    package var method: Method
    /// `http://` or `https://`; a query must be percent-encoded already.
    package var url: String
    package var headers: HTTPHeaders
    /// Sent with its length by PUT, POST and PATCH only.
    package var body: [UInt8]
    /// The largest body of a response that is taken, in bytes.
    package var responseLimit = 1 << 20
    /// For all of it, from the first byte out to the last one in; waiting for a free connection is not counted.
    package var timeout: Duration = .seconds(60)
    /// How many redirects are followed; none unless asked for, because a redirect leads where nobody has looked.
    package var maximumRedirects = 0
    /// Signs the request for AWS and what speaks its protocols.
    package var signing: AWSSigning?

    package init(_ method: Method, _ url: String, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The method and the server: a path or query may be a secret, as those of webhooks are.
    package var description: String { "\(method.rawValue) \(HTTPAddress.shown(url))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
