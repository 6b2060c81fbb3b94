import Access
import Storage
package import WebServer

extension APIServer {
    /// Answers a request for which nothing has to be waited: how a job stands, when both its caller and its state were just looked up.
    ///
    /// Says what ``respond(to:)`` would say.
    ///
    /// - Returns: Nil: ``respond(to:)`` has to answer.
    package func respondAtOnce(to request: Request) -> Response? {
        let path = request.segments
        // The route has no parameters, and refuses them in its own words.
        guard request.target.query == nil else { return nil }
        guard path.count == 4, path[0] == "api", path[1] == "deploy", path[2] == "status", request.method == "GET" else { return nil }
        let start = ContinuousClock.now
        // First: what is changed after this need not be seen.
        let changes = services.database.changes
        guard let answer = services.statuses.answer(for: path[3], changes: changes), let organization = answer.organization,
            case .token(let text) = Credentials(of: request), let caller = services.access.known(token: text),
            caller.allows(.read, in: organization)
        else { return nil }
        let response: Response
        do {
            try limit(caller, request)
            response = .json(bytes: answer.body)
        } catch {
            response = Problem.from(error).response(to: request.id)
        }
        services.metrics.count(DeployRoutes.status, status: response.status, duration: .now - start)
        return response
    }
}
