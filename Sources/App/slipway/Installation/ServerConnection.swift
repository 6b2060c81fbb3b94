import API
import FoundationEssentials
import Remote

/// A server's API, over the network or over the socket of a data folder.
struct ServerConnection: APIConnection {
    private let client: HTTPClient
    /// Without a slash at the end.
    private let url: String
    /// Nil on a socket, which knows who is at its other end.
    private let token: String?

    init(url: String, token: String, environment: [String: String]) {
        var options = Self.options
        options.certificateFile = environment["SSL_CERT_FILE"]
        client = HTTPClient(options)
        self.url = url
        self.token = token
    }

    init(socket path: String) {
        var options = Self.options
        options.unixSocket = path
        client = HTTPClient(options)
        url = "http://localhost"
        token = nil
    }

    func send(_ order: APIOrder) async throws -> APIAnswer {
        guard let method = HTTPRequest.Method(rawValue: order.method) else {
            throw CommandError("The method \(order.method) is unknown here.")
        }
        var request = HTTPRequest(method, url + order.target, body: order.body)
        if let token { request.headers[name: "Authorization"] = "Bearer \(token)" }
        // One without a body would get a type that no route takes.
        request.headers[name: "Content-Type"] = order.type ?? "application/json"
        request.timeout = order.timeout
        // A state may have 256 MiB, and an installation may allow more.
        request.responseLimit = 1 << 30
        let response = try await client.send(request)
        guard response.isSuccess else { throw Problem(status: response.status, body: response.body) }
        return APIAnswer(body: response.body, stateVersion: response.headers[name: "X-Slipway-State-Version"].flatMap { Int($0) })
    }

    /// Somebody listens.
    var isAnswered: Bool {
        get async {
            do {
                _ = try await send(APIOrder(method: "GET", path: ["healthz"], timeout: .seconds(10)))
                return true
            } catch let error as RemoteError {
                // A server that was killed leaves its socket.
                if case .unreachable = error.reason { return false }
                return true
            } catch {
                return true
            }
        }
    }

    private static var options: HTTPOptions {
        var options = HTTPOptions()
        options.userAgent = "slipway/\(Program.version)"
        // What the server does may take a while without a byte; what follows a job has shorter limits of its own.
        options.stallTimeout = .seconds(120)
        return options
    }
}
