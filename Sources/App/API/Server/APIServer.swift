package import Access
import Audit
import FoundationEssentials
import Log
import Storage
import Terraform
package import WebServer

/// Answers every request of the API: finds the route, the caller and the body, and makes an answer of whatever comes out.
package struct APIServer: Sendable {
    let services: APIServices
    let table: RouteTable

    /// Makes one with all routes.
    package init(services: APIServices) {
        self.init(services: services, routes: Routes.all)
    }

    init(services: APIServices, routes: [Route]) {
        self.services = services
        table = RouteTable(routes)
    }

    /// Answers a request; never fails.
    package func respond(to request: Request) async -> Response {
        switch table.match(request.method, request.segments) {
        case .none:
            return Problem.notFound("There is nothing at \(request.path.brief); /openapi.json describes what there is.").response(
                to: request.id
            )
        case .otherMethods(let methods):
            let allow = HeaderField("Allow", methods.joined(separator: ", "))
            if request.method == "OPTIONS" { return Response(status: 204, headers: [allow]) }
            let detail = "\(request.method.brief) is not possible here; \(methods.joined(separator: ", ")) is."
            return Problem(405, "method-not-allowed", detail, headers: [allow]).response(to: request.id)
        case .route(let route, let parameters):
            let start = ContinuousClock.now
            let response = await answer(request, by: route, parameters)
            services.metrics.count(route, status: response.status, duration: .now - start)
            return response
        }
    }

    /// Does what a request asks, for somebody who is known already: what the server's own programs use it by.
    ///
    /// - Parameters:
    ///   - request: Its headers say nothing of who sends it.
    ///   - caller: Who does.
    /// - Returns: The answer, which is none of a failure.
    /// - Throws: ``Problem``, or what stands below it, as it is: the caller makes sentences of it.
    package func perform(_ request: Request, as caller: Principal) async throws -> Response {
        guard case .route(let route, let parameters) = table.match(request.method, request.segments) else {
            throw Problem.notFound("There is nothing at \(request.method.brief) \(request.path.brief).")
        }
        return try await handle(request, by: route, parameters, caller, changes: services.database.changes, began: .now)
    }

    // MARK: - Details

    /// So much of a body is looked at where none is taken, in bytes.
    private static let strayLimit = 64 * 1024

    private func answer(_ request: Request, by route: Route, _ parameters: [String: String]) async -> Response {
        var caller: Principal?
        let (changes, began) = (services.database.changes, ContinuousClock.now)
        do {
            caller = try await self.caller(of: request, for: route)
            return try await handle(request, by: route, parameters, caller, changes: changes, began: began)
        } catch {
            let problem = Problem.from(error)
            await note(problem, route, request, caller)
            return problem.response(to: request.id)
        }
    }

    private func handle(
        _ request: Request,
        by route: Route,
        _ parameters: [String: String],
        _ caller: Principal?,
        changes: UInt64,
        began: ContinuousClock.Instant
    ) async throws -> Response {
        let (body, share) = try await content(of: request, for: route)
        let response = try await services.largeBodies.work(on: share) {
            let content = try RequestContent(body, of: request, route.body)
            let call = Call(
                request: request,
                parameters: parameters,
                given: try Parameters(request, route, content),
                caller: caller,
                services: services,
                content: content,
                now: services.now(),
                changes: changes,
                began: began
            )
            return try await route.handle(call)
        }
        if route.record == .server { await record(route, request, caller, status: response.status, result: .ok) }
        return response
    }

    /// Who asks, if anyone has to, and whether not too often.
    private func caller(of request: Request, for route: Route) async throws -> Principal? {
        let address = request.client.address
        guard route.requirement != .nothing || !Self.isAnonymous(request) else { return nil }
        let changesSomething = !["GET", "HEAD", "OPTIONS"].contains(request.method)
        let found: Principal?
        do {
            found = try await Authenticator(services: services).principal(of: request, changesSomething: changesSomething)
        } catch {
            if route.requirement == .nothing { return nil }
            try limit(services.limits.strangers.take(address))
            throw error
        }
        guard let found else {
            if route.requirement == .nothing { return nil }
            try limit(services.limits.strangers.take(address))
            throw Authenticator.unauthorized("This needs a token: send the header Authorization: Bearer slp_….", request)
        }
        try limit(found, request)
        return found
    }

    /// - Throws: ``Problem``: 429 when a caller asks too often; the Unix socket's may.
    func limit(_ caller: Principal, _ request: Request) throws {
        guard request.client.localUser == nil else { return }
        try limit(services.limits.callers.take(caller.token.map { "token:\($0)" } ?? caller.actor))
    }

    private static func isAnonymous(_ request: Request) -> Bool { if case .none = Credentials(of: request) { true } else { false } }

    private func limit(_ decision: RateDecision) throws {
        guard !decision.isAllowed else { return }
        throw Problem.tooMany("Too many requests; wait a moment.", retryAfter: decision.retryAfter)
    }

    /// The body, of a type that the route takes.
    private func content(of request: Request, for route: Route) async throws -> ([UInt8], LargeBodies.Share?) {
        guard let shape = route.body else { return (try await request.body.collect(upTo: Self.strayLimit), nil) }
        if let sent = RequestContent.mediaType(of: request), !shape.takesAny, !shape.content.contains(where: { $0.type == sent }) {
            let types = shape.content.map(\.type).joined(separator: " or ")
            throw Problem(415, "unsupported-media-type", "The body must be \(types), not \(sent.brief).")
        }
        let (body, share) = try await services.largeBodies.collect(request, shape)
        if body.isEmpty, shape.isRequired { throw Problem.invalid("The body is missing; it must be \(shape.content[0].type).") }
        return (body, share)
    }

    // MARK: - The record

    private func note(_ problem: Problem, _ route: Route, _ request: Request, _ caller: Principal?) async {
        if problem.status >= 500, problem.status != 501 {
            let facts: Logger.Fields = [
                "request.id": .init(request.id), "route": .init(route.name), "status": .init(problem.status),
                "error": .init(problem.cause.map { "\($0)" } ?? problem.detail),
            ]
            // Nobody has to act when all hands are full for a moment.
            if problem.status == 503, problem.cause == nil {
                services.logger.warning("A request was put off", facts)
            } else {
                services.logger.error("A request failed", facts)
            }
        }
        switch problem.status {
        case 401:
            // Only who has shown something: others are so many that they would fill the log.
            guard !Self.isAnonymous(request) else { return }
            await record(route, request, caller, status: 401, result: .denied)
        case 403: await record(route, request, caller, status: 403, result: .denied)
        case 429, 404: return
        default:
            guard route.record != .nothing else { return }
            await record(route, request, caller, status: problem.status, result: .failed)
        }
    }

    private func record(_ route: Route, _ request: Request, _ caller: Principal?, status: Int, result: AuditResult) async {
        let author = caller?.author(from: request.client.address) ?? Author("nobody", from: request.client.address)
        do {
            try await services.access.record(
                "api.\(route.name)",
                of: request.path.brief,
                by: author,
                organization: caller?.onlyOrganization,
                details: ["status": String(status), "request": request.id],
                result: result
            )
        } catch {
            services.logger.error(
                "The audit log can't be written",
                ["request.id": .init(request.id), "route": .init(route.name), "error": .init("\(error)")]
            )
        }
    }
}
