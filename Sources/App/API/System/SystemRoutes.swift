import Access
import FoundationEssentials
import Storage
import WebServer

/// What monitors and people look at first.
enum SystemRoutes {
    static let all = [page, health, readiness, metrics, description]
    private static let group = "System"

    static let page = Route(
        "GET",
        "/",
        name: "getPage",
        group: group,
        "See a page with the server's status",
        needs: .nothing,
        answers: [.text(200, "The page", type: "text/html")]
    ) { _, _ in
        var response = Response.text(StatusPage.html, type: "text/html; charset=utf-8")
        let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'"
        response.headers += [
            HeaderField("Content-Security-Policy", policy), HeaderField("X-Content-Type-Options", "nosniff"),
            HeaderField("Referrer-Policy", "no-referrer"),
        ]
        return response
    }

    static let health = Route(
        "GET",
        "/healthz",
        name: "getHealth",
        group: group,
        "See that the process answers",
        needs: .nothing,
        answers: [
            .json(.object([.init("status", .choice(["ok"]), "It answers"), .init("version", .string(), "The program's")]))
        ]
    ) { call, _ in
        .json(.object([("status", "ok"), ("version", .text(call.services.version))]))
    }

    static let readiness = Route(
        "GET",
        "/readyz",
        name: "getReadiness",
        group: group,
        "See that the server can do its work: the database and the data folder can be written",
        needs: .nothing,
        answers: [.json(.object([.init("status", .choice(["ready"]), "It can")]))]
    ) { call, _ in
        do throws(Readiness.Fault) {
            try await call.services.readiness.check()
        } catch {
            switch error {
            case .database(let cause): throw Problem.unavailable("The database can't be written.", cause: cause)
            case .folder(let cause):
                throw Problem.unavailable("The data folder can't be written; see that there is room on its disk.", cause: cause)
            }
        }
        return .json(.object([("status", "ready")]))
    }

    static let metrics = Route(
        "GET",
        "/metrics",
        name: "getMetrics",
        group: group,
        "Read the server's numbers, as Prometheus does",
        needs: .administration,
        answers: [.text(200, "Prometheus' text format")]
    ) { call, _ in
        let lines = call.services.metrics.lines() + (try await DatabaseMetrics.lines(call.services))
        return .text(lines.joined(separator: "\n") + "\n", type: "text/plain; version=0.0.4; charset=utf-8")
    }

    static let description = Route(
        "GET",
        "/openapi.json",
        name: "getDescription",
        group: group,
        "Read this description",
        needs: .nothing,
        answers: [.json(.any, "OpenAPI 3.1")]
    ) { call, _ in
        Response.bytes(call.services.description, type: "application/json")
    }
}
